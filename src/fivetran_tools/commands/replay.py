"""The words of `replay`."""

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fivetran_tools.commands.vocabulary import DONE, FAILED, FILE, Examples, complain
from fivetran_tools.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from fivetran_local.recording.files import Recording
    from fivetran_tools.replaying.options import ReplayOptions


@click.command(
    cls=Examples,
    short_help="List, repeat and judge what was recorded.",
    example="./fivetran debug hed --simulate --record files/hed.json\n"
    "./fivetran replay files/hed.json\n"
    "./fivetran replay files/hed.json --send all",
)
@click.argument("file", type=FILE)
@click.option("--show", metavar="NUMBERS", help="Print these exchanges, 3, 3-7 or all: request, answer, log.")
@click.option("--send", metavar="NUMBERS", help="Send these again to today's function and compare: 3, 3-7 or all.")
@click.option("--bisect", is_flag=True, help="Find the first exchange whose answer breaks a rule.")
@click.option("--simulate", is_flag=True, help="With --send: read from the simulator, not from the recording.")
@click.option("--configuration", type=FILE, help="With --send: read from the source that this configuration names.")
@click.option("--function-url", help="With --send: call a function that already runs.")
@click.option(
    "--ignore", "ignored", multiple=True, metavar="PLACE", help="With --send: do not compare this column, or state.KEY."
)
@click.option("--values", is_flag=True, help="With --send: show keys and values of rows that differ.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="[default: text]")
def replay(
    *,
    file: Path,
    show: str | None,
    send: str | None,
    bisect: bool,
    values: bool,
    form: str,
    **options: Any,  # noqa: ANN401  # ReplayOptions types them
) -> int:
    """List what `--record FILE` of `debug` or `check` wrote; show, repeat or judge it.

    What is sent again is answered by today's connector, and its source is the recording's tape: neither a key nor a
    network is needed. Exit code 1: an answer differs, or breaks a rule.
    """
    from fivetran_tools.replaying.options import ReplayOptions
    from fivetran_tools.replaying.replay import opened

    if (show is not None) + (send is not None) + bisect > 1:
        raise UsageError("--show, --send and --bisect exclude each other: give one of them, or none for the list")
    if send is None and (values or any(options.values())):
        raise UsageError("--simulate, --configuration, --function-url, --ignore and --values go with --send")
    recording = opened(file)
    if recording.warning:
        complain(f"warning: {recording.warning}")
    as_json = form == "json"
    if show is not None:
        return _show(recording, show, as_json=as_json)
    if send is not None:
        return _send(recording, send, ReplayOptions(**options), values=values, as_json=as_json)
    return _bisect(recording, as_json=as_json) if bisect else _list(recording, as_json=as_json)


def _list(recording: "Recording", *, as_json: bool) -> int:
    from fivetran_tools.replaying import formats, terminal

    lines = formats.lines(recording)
    if as_json:
        _print_json([formats.line_as_json(line) for line in lines])
    else:
        terminal.show_list(_console(), recording.header, lines)
    return DONE


def _show(recording: "Recording", numbers: str, *, as_json: bool) -> int:
    from fivetran_tools.replaying import formats, terminal
    from fivetran_tools.replaying.replay import selected

    exchanges = selected(recording, numbers)
    if as_json:
        _print_json([formats.recorded_as_json(recording.header, recorded) for recorded in exchanges])
        return DONE
    for recorded in exchanges:
        terminal.show_exchange(_console(), recording.header, recorded)
    return DONE


def _send(recording: "Recording", numbers: str, options: "ReplayOptions", *, values: bool, as_json: bool) -> int:
    from fivetran_tools.project import Project
    from fivetran_tools.replaying import formats, terminal
    from fivetran_tools.replaying.replay import selected, send

    announce = partial(_console(stderr=True).print, highlight=False, soft_wrap=True)
    exchanges = selected(recording, numbers)
    documents, all_same = [], True
    for resent in send(Project.here(), recording, exchanges, options, announce=announce):
        all_same = all_same and not resent.differences
        if as_json:
            documents.append(formats.resent_as_json(resent, values=values))
        else:
            terminal.show_resent(_console(), resent, values=values)
    if as_json:
        _print_json({"same": all_same, "exchanges": documents})
    return DONE if all_same else FAILED


def _bisect(recording: "Recording", *, as_json: bool) -> int:
    from fivetran_tools.replaying import formats, terminal
    from fivetran_tools.replaying.replay import bisect

    broken = bisect(recording)
    if as_json:
        _print_json(formats.broken_as_json(broken))
    else:
        terminal.show_broken(_console(), broken, len(recording))
    return FAILED if broken else DONE


def _console(*, stderr: bool = False) -> "Console":
    from rich.console import Console

    return Console(stderr=stderr)


def _print_json(document: object) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
