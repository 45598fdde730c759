"""A model behind any address that speaks OpenAI's chat completions: Databricks Model Serving, Ollama, vLLM.

| setting | what it says |
|---|---|
| `STUDENT_SUCCESS_MODEL_URL` | the base URL, such as `http://localhost:11434/v1` |
| `STUDENT_SUCCESS_MODEL_KEY` | the key; empty for a server that wants none |
| `STUDENT_SUCCESS_MODELS` | the models that may be chosen, separated by commas, the default first |
| `[openai_compatible]` in the secrets | the same: `base_url`, `api_key`, `models` |
| `SERVING_ENDPOINT` and `DATABRICKS_HOST` | Databricks Model Serving, with the platform's credentials |
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from insights.providers.chat_stream import Limits, Server, answered
from insights.providers.protocol import Piece, Prompt, ProviderError

_NO_KEY: Final = "none"
"""The client insists on a key; a server that wants none ignores it."""


@dataclass(frozen=True, slots=True)
class OpenAICompatible:
    """One address, its key, and the models that may be chosen there."""

    base_url: str
    names: tuple[str, ...]
    label: str
    secret: Callable[[], str] = field(repr=False)
    """Returns the key when a prompt is about to be sent: some keys last an hour."""
    limits: Limits = field(default_factory=Limits)

    @property
    def key(self) -> str:
        """Its name in settings and records."""
        return "openai_compatible"

    @property
    def sends_to(self) -> str | None:
        """The host; prompts leave the process in any case, and the machine unless it is the loopback."""
        place = urlsplit(self.base_url).netloc
        return f"{place}, on this machine" if is_loopback(self.base_url) else place

    def models(self) -> tuple[str, ...]:
        """Return the models that the settings name."""
        return self.names

    def write(self, prompt: Prompt, model: str, stopped: Callable[[], bool]) -> Iterator[Piece]:
        """Answer a prompt as it streams in; `stopped` is also asked while nothing comes.

        Raises:
            ProviderError: one line, without the key.
        """
        server = Server(self.base_url, self.secret(), direct=is_loopback(self.base_url))
        return answered(server, prompt, model, stopped, self.limits)


def from_settings(environment: Mapping[str, str], secrets: Mapping[str, Any]) -> OpenAICompatible | None:
    """Return the provider that the settings describe; None if they describe none.

    Raises:
        ProviderError: the settings lack something, or would send prompts where others can read them.
    """
    table = secrets.get("openai_compatible")
    given: Mapping[str, Any] = table if isinstance(table, Mapping) else {}
    if url := environment.get("STUDENT_SUCCESS_MODEL_URL") or str(given.get("base_url") or ""):
        key = environment.get("STUDENT_SUCCESS_MODEL_KEY") or str(given.get("api_key") or "")
        names = _names(environment.get("STUDENT_SUCCESS_MODELS") or given.get("models") or "")
        if not names:
            raise ProviderError("a model's address is set, and no model: name them in STUDENT_SUCCESS_MODELS")
        return OpenAICompatible(_safe(url), names, f"Model at {urlsplit(url).hostname}", lambda: key or _NO_KEY)
    endpoint, host = environment.get("SERVING_ENDPOINT", ""), environment.get("DATABRICKS_HOST", "")
    if endpoint and host:
        address = host if "://" in host else f"https://{host}"
        url = _safe(f"{address.rstrip('/')}/serving-endpoints")
        secret = partial(_databricks_token, environment)
        return OpenAICompatible(url, _names(endpoint), "Databricks Model Serving", secret)
    return None


def is_loopback(url: str) -> bool:
    """Return whether an address stays on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _safe(url: str) -> str:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # reading it is what checks it
    except ValueError:
        raise ProviderError("the model's address is no URL: write it as https://host/v1") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ProviderError("the model's address is no URL: write it as https://host/v1")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ProviderError("the model's address holds more than an address: the key belongs into the key's setting")
    if parts.scheme == "http" and not is_loopback(url):
        raise ProviderError(f"prompts and the key would cross the network unencrypted: use https for {parts.hostname}")
    return url


def _names(models: str | Iterable[object]) -> tuple[str, ...]:
    listed = models.split(",") if isinstance(models, str) else [str(name) for name in models]
    return tuple(dict.fromkeys(name.strip() for name in listed if name.strip()))


def _databricks_token(environment: Mapping[str, str]) -> str:
    if token := environment.get("DATABRICKS_TOKEN"):
        return token
    try:
        from databricks.sdk.core import Config
    except ImportError:
        message = "Databricks gives this app no DATABRICKS_TOKEN, and databricks-sdk is not installed to ask for one"
        raise ProviderError(message) from None
    try:  # the service principal of a Databricks app, or whatever else the platform's own client finds
        config = Config(http_timeout_seconds=10, retry_timeout_seconds=20)
        kind, _, token = str(config.authenticate().get("Authorization", "")).partition(" ")
    except (OSError, ValueError) as error:
        raise ProviderError(f"Databricks gave no token for Model Serving ({type(error).__name__})") from None
    if kind != "Bearer" or not token:
        raise ProviderError("Databricks gave no bearer token for Model Serving: use its OAuth, or DATABRICKS_TOKEN")
    return token
