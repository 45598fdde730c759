"""The smoke call of a function of deploy.yaml: with an identity token, and with what the function has been given."""

from collections.abc import Callable, Collection, Mapping

from fivetran_tools.deployment.deployments import Deployment
from fivetran_tools.deployment.identity import identity_token
from fivetran_tools.deployment.smoke import SmokeCall, SmokeVerdict, smoke_call
from fivetran_tools.errors import CommandError


def call_deployed(
    deployment: Deployment,
    url: str,
    *,
    wanted: Collection[str] | None,
    secrets: Mapping[str, str] | None = None,
    public_keys: Collection[str] | None = None,
    announce: Callable[[str], None],
) -> SmokeCall:
    """Call a function that is deployed once, to see that it answers.

    Args:
        deployment: What deploy.yaml says of it.
        url: Its trigger URL.
        wanted: The names of the connector's settings; None where that is not known.
        secrets: The connection's settings, where somebody gave them.
        public_keys: Those of them that may be shown; None where that is not known.
        announce: Told what is called, and each wait.
    """
    try:
        token = None if deployment.unauthenticated_reason else identity_token(url)
    except CommandError as error:
        return SmokeCall(SmokeVerdict.UNREACHED, str(error))
    announce(f"smoke call of {url}")
    has = {name.lower() for name in (*deployment.secrets, *(secrets or {}))}
    return smoke_call(
        url,
        token,
        secrets=secrets,
        public_keys=public_keys,
        has=has,
        lacks=None if wanted is None else {name.lower() for name in wanted} - has,
        announce=announce,
    )
