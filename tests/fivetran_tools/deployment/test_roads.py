"""Every option of `deploy` is in the table of what it goes with, and is refused where it would be ignored."""

import click
import pytest

from fivetran_tools.commands.deploy import deploy
from fivetran_tools.deployment import roads
from fivetran_tools.deployment.deployments import Target
from fivetran_tools.errors import UsageError

OPTIONS = {parameter.name: parameter for parameter in deploy.params if isinstance(parameter, click.Option)}
IGNORED = {
    roads.STATUS: {
        "target", "dry_run", "commit", "roll_back", "allow_modified", "fivetran_group", "fivetran_service_account",
        "configuration", "destination", "connection", "python_version",
    },
    roads.FUNCTION: {"destination", "connection", "python_version", "format"},
    roads.CONNECTOR_SDK: {"environment", "roll_back", "fivetran_group", "fivetran_service_account", "format"},
}  # fmt: skip


def test_every_option_is_in_the_table():
    assert set(roads._GOES_WITH) == set(OPTIONS) - {"status"}


@pytest.mark.parametrize("name", sorted(set(OPTIONS) - {"status"}))
@pytest.mark.parametrize("road", IGNORED)
def test_an_option_that_would_be_ignored_is_refused_by_its_name(road, name):
    given = {name: True if OPTIONS[name].is_flag else "x"}
    if name in IGNORED[road]:
        with pytest.raises(UsageError) as refused:
            roads.check_options(given, road)
        assert str(refused.value) == f"{OPTIONS[name].opts[0]} means nothing with {road}: leave it out"
    else:
        roads.check_options(given, road)


def test_an_option_that_is_given_as_nothing_is_given():
    with pytest.raises(UsageError, match="--destination"):
        roads.check_options({"destination": ""}, roads.FUNCTION)


def test_what_was_not_given_is_not_refused():
    for road in IGNORED:
        roads.check_options(
            {name: False if option.is_flag else None for name, option in OPTIONS.items() if name != "status"}, road
        )


def test_a_target_has_its_road():
    assert roads.road_to(Target.FUNCTION) == "target function"
    assert roads.road_to(Target.CONNECTOR_SDK) == "target connector-sdk"
