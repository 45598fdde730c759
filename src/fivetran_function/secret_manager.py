"""Looking up a secret that is given by its name in Google Secret Manager instead of by its value."""

import re
from functools import cache
from typing import Final

from fivetran_function.errors import ConfigurationError, SourceError

_RESOURCE_NAME: Final = re.compile(r"projects/[^/\s]+/secrets/[^/\s]+(/versions/[^/\s]+)?")
_LOOKUP_SECONDS: Final = 10.0


def is_resource_name(value: str) -> bool:
    """Tell whether a setting is the name of a secret: `projects/P/secrets/S`, with or without `/versions/V`."""
    return _RESOURCE_NAME.fullmatch(value) is not None


@cache
def access(resource_name: str) -> str:
    """Return the secret's text, from memory after the first time: an instance asks once for each name.

    Raises:
        ConfigurationError: there is no such secret or version, the function's account may not read it, or Google's
            client is not installed, as under the Connector SDK.
        SourceError: Secret Manager did not answer within ten seconds.
    """
    # Imported here because it takes a quarter of a second and most functions never need it.
    try:
        from google.api_core import exceptions, retry
        from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
        from google.cloud import secretmanager
    except ImportError:
        message = f"{resource_name} cannot be looked up, as Google's client is not installed: give the secret itself"
        raise ConfigurationError(message) from None

    versioned = resource_name if "/versions/" in resource_name else f"{resource_name}/versions/latest"
    unavailable_again = retry.Retry(
        predicate=retry.if_exception_type(exceptions.ServiceUnavailable), initial=0.2, timeout=_LOOKUP_SECONDS
    )
    try:
        answer = secretmanager.SecretManagerServiceClient().access_secret_version(
            name=versioned, timeout=_LOOKUP_SECONDS, retry=unavailable_again
        )
        return str(answer.payload.data.decode("utf-8"))
    except UnicodeDecodeError:
        message = f"{versioned} in Secret Manager is not text: store it as UTF-8"
        raise ConfigurationError(message) from None
    except DefaultCredentialsError:
        message = (
            f"there are no Google credentials here to read {versioned} with: run "
            "`gcloud auth application-default login`, or give the secret itself"
        )
        raise ConfigurationError(message) from None
    except exceptions.NotFound:
        message = f"Secret Manager has no {versioned}: check the name in the connection's secrets"
        raise ConfigurationError(message) from None
    except exceptions.PermissionDenied:
        message = (
            f"the function's service account may not read {versioned}: grant it roles/secretmanager.secretAccessor"
        )
        raise ConfigurationError(message) from None
    except (exceptions.GoogleAPICallError, exceptions.RetryError, GoogleAuthError) as error:
        message = f"Secret Manager did not give {versioned} ({type(error).__name__}): the next sync tries again"
        raise SourceError(message) from error
