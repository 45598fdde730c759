"""An identity token, with which a deployed function lets its deployer call it.

What gcloud gives depends on who is logged in. A person's account has a token without further words. A service account
has one for an audience, which is the function's address. One that came in through workload identity federation has
none of its own: gcloud can only ask for it as if it impersonated itself, which takes a role on itself.
"""

import os
from typing import Final

from fivetran_local.function import TOKEN_VARIABLE
from fivetran_tools.deployment.gcloud import ASK_SECONDS, GcloudError, run
from fivetran_tools.errors import CommandError

_SERVICE_ACCOUNT_END: Final = ".gserviceaccount.com"
_PRINT: Final = ["gcloud", "auth", "print-identity-token", "--quiet"]


def identity_token(url: str) -> str:
    """Return a token for calls of the function at an address; FUNCTION_ID_TOKEN where it is set.

    Raises:
        CommandError: there is none to be had; the text says what the account lacks.
    """
    if given := os.environ.get(TOKEN_VARIABLE, "").strip():
        return given
    account = run(["gcloud", "config", "get-value", "account", "--quiet"], seconds=ASK_SECONDS).strip()
    failure: GcloudError | None = None
    for words in _ways(account, url):
        try:
            if token := run(words, seconds=ASK_SECONDS).strip():
                return token
        except GcloudError as error:
            failure = error
    advice = (
        f"grant {account} roles/iam.serviceAccountTokenCreator on itself"
        if account.endswith(_SERVICE_ACCOUNT_END)
        else "run `gcloud auth login`"
    )
    message = f"gcloud gives no identity token: {advice}, or put a token into {TOKEN_VARIABLE}"
    raise CommandError(message) from failure


def _ways(account: str, url: str) -> list[list[str]]:
    if not account.endswith(_SERVICE_ACCOUNT_END):
        return [_PRINT]
    audience = f"--audiences={url}"
    return [
        [*_PRINT, audience],
        [*_PRINT, audience, f"--impersonate-service-account={account}", "--include-email"],
    ]
