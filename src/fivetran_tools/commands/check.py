"""The words of `check`."""

from typing import Any

import click

from fivetran_tools.commands.vocabulary import DONE, FAILED, FILE, Examples


@click.command(
    cls=Examples,
    short_help="Check what Fivetran would refuse, and what will hurt later.",
    example="./fivetran check hed\n"
    "./fivetran check --function-url https://FUNCTION_ADDRESS --configuration configuration.json\n"
    "./fivetran check hed --rule resumes --rule same-answer",
)
@click.argument("name", required=False)
@click.option("--function-url", help="Check a function that already runs, in any language.")
@click.option("--configuration", type=FILE, help="JSON file with the connection's secrets, instead of the simulator.")
@click.option("--second-configuration", type=FILE, help="Those of a second connection, to see that the two stay apart.")
@click.option(
    "--public",
    "public_keys",
    multiple=True,
    metavar="KEY",
    help="With --function-url: a setting that is no secret, though it looks like one.",
)
@click.option("--rule", "rules", multiple=True, metavar="RULE", help="Judge this rule only; may be repeated.")
@click.option("--waive", "waivers", multiple=True, metavar="RULE=REASON", help="Accept what a rule finds, and say why.")
@click.option("--format", "form", type=click.Choice(["text", "json", "junit"]), default="text", help="How to report.")
@click.option("--max-calls", type=click.IntRange(min=1), default=100, help="Pages of a sync to read.  [default: 100]")
@click.option("--timeout", "timeout_seconds", type=click.FloatRange(min=0.1), default=540, help="Seconds for a call.")
@click.option("--record", type=FILE, help="Write every exchange to this file, for `./fivetran replay`.")
@click.option("--list-rules", is_flag=True, help="Show all rules, and end.")
def check(*, form: str, list_rules: bool, **options: Any) -> int:  # noqa: ANN401  # CheckOptions types them
    """Check connector NAME, or any function, against what Fivetran takes and what a sync has to withstand.

    The connector is staged and called on some twenty occasions: whole syncs, repeated and resumed ones, setup
    tests, bad credentials, a source that is down. Exit code 1 when a rule finds an error. A rule can be waived in the
    connector's waivers.toml, or here, with a reason.
    """
    from rich.console import Console

    from fivetran_tools.checking import formats, terminal
    from fivetran_tools.checking.check import check as run
    from fivetran_tools.checking.last_check import write_last_check
    from fivetran_tools.checking.options import CheckOptions
    from fivetran_tools.project import Project

    out, err = Console(), Console(stderr=True)
    if list_rules:
        terminal.show_rules(out)
        return DONE
    project = Project.here()
    with terminal.progress(err) as watch:

        def announce(text: str) -> None:
            err.print(text, highlight=False, soft_wrap=True)

        done = run(project, CheckOptions(**options), announce=announce, watch=watch)
    if options["name"] and not options["rules"]:
        write_last_check(project, options["name"], done.note())
    if form == "text":
        terminal.show_report(out, done)
    else:
        click.echo(formats.as_json(done) if form == "json" else formats.as_junit(done))
    return DONE if done.report.passed else FAILED
