"""The `fivetran` command: its verbs, and how it ends.

Exit codes: 0 done, 1 the work failed, 2 the words were wrong, 130 interrupted.
"""

import signal
import sys
from types import FrameType
from typing import NoReturn

import click

from fivetran_tools.commands.app import app
from fivetran_tools.commands.bootstrap import bootstrap
from fivetran_tools.commands.check import check
from fivetran_tools.commands.ci_config import ci_config
from fivetran_tools.commands.connection import connection
from fivetran_tools.commands.connector import connector
from fivetran_tools.commands.debug import debug
from fivetran_tools.commands.deploy import deploy
from fivetran_tools.commands.replay import replay
from fivetran_tools.commands.reset import reset
from fivetran_tools.commands.serve import serve
from fivetran_tools.commands.simulate import simulate
from fivetran_tools.commands.test import test
from fivetran_tools.commands.vocabulary import DONE, FAILED, INTERRUPTED, WRONG_WORDS, complain
from fivetran_tools.errors import CommandError, UsageError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--debug", "tracebacks", is_flag=True, help="Show the whole traceback of a failure.")
def fivetran(tracebacks: bool) -> None:  # noqa: FBT001  # click passes flags so
    """Fivetran connectors as serverless functions, on this machine.

    Start with `./fivetran debug hed --simulate`.
    """
    _ = tracebacks  # read by main(), which outlives this function


for _verb in (
    app,
    bootstrap,
    check,
    ci_config,
    connection,
    connector,
    debug,
    deploy,
    replay,
    reset,
    serve,
    simulate,
    test,
):
    fivetran.add_command(_verb)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command and exit; no traceback is shown unless `--debug` asks for it."""
    for ending in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(ending) is not signal.SIG_IGN:  # as under nohup
            signal.signal(ending, _end_like_ctrl_c)
    words = sys.argv[1:] if arguments is None else arguments
    try:
        code = fivetran.main(words, prog_name="./fivetran", standalone_mode=False)
    except click.ClickException as error:
        if isinstance(error, click.exceptions.NoArgsIsHelpError):
            error.show()
        else:
            command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "./fivetran"
            complain(f"{error.format_message().rstrip('.')} (`{command} --help` shows how)")
        sys.exit(WRONG_WORDS)
    except (KeyboardInterrupt, click.Abort):
        complain("interrupted")
        sys.exit(INTERRUPTED)
    except Exception as error:
        if "--debug" in words[:1]:
            raise
        complain(_one_line(error))
        sys.exit(WRONG_WORDS if isinstance(error, UsageError) else FAILED)
    sys.exit(code if isinstance(code, int) else DONE)


def _one_line(error: Exception) -> str:
    from fivetran_local.errors import LocalFivetranError

    if isinstance(error, CommandError | UsageError | LocalFivetranError):
        return str(error)
    return f"unexpected {type(error).__name__}: {error} (`./fivetran --debug ...` shows where)"


def _end_like_ctrl_c(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
