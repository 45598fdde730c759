"""A deployment for tests, as deploy.yaml would say it."""

from fivetran_tools.deployment.deployments import Deployment, Environment, Target


def deployment(function="tiny", connector="tiny", **rest):
    environment = Environment("dev", "a-project", "a-context")
    return Deployment(function, connector, environment, Target.CONNECTOR_SDK, **rest)


CONNECTOR = """
from fivetran_function import Request, Response, connector


@connector("tiny", schema={"users": {"primary_key": ["id"]}}, public_keys=("region",))
def main(request: Request) -> Response:
    return Response(state={"done": True}, insert={"users": [{"id": 1}]})
"""
