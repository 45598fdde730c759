"""The words of `python -m simulators.hed_api`."""

import argparse
import errno
import sys
from collections.abc import Callable
from typing import Final, NoReturn

from simulators.hed_api.faults import table_of_faults
from simulators.hed_api.server import HOST, listen, serve
from simulators.hed_api.source import Source

MOST_ROWS: Final = 1_000_000_000
"""Beyond it the simulated clock leaves the calendar."""

EXAMPLE: Final = """\
example:
  $ python -m simulators.hed_api --port 8765 --rows 1000 --control-token open-sesame &
  {"configuration":{"api_key":"hed_...","base_url":"http://127.0.0.1:8765","page_size":"100"},"control":{...}}
  $ curl -H 'x-api-key: hed_...' 'http://127.0.0.1:8765/hed_data?page_size=2'
  $ curl -H 'x-control-token: open-sesame' http://127.0.0.1:8765/_control/fault \\
      --json '{"kind": "status", "code": 429, "retry_after": 2}'

The API documents itself at /hed_api_spec; the control door is documented in docs/hed-simulator.md.
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see --help\n")


def main(words: list[str] | None = None) -> int:
    """Serve as the words say; give the exit code."""
    asked = _parser().parse_args(words)
    if asked.list_faults:
        print(table_of_faults(), end="")
        return 0
    try:
        listening = listen(asked.port)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        reason = "is in use: end the program that has it, or" if taken else f"cannot be had ({error.strerror}):"
        print(f"port {asked.port} of {HOST} {reason} choose another, or 0 for any free one", file=sys.stderr)
        return 1
    source = Source(asked.seed, asked.rows, asked.page_limit)
    serve(source, listening, asked.control_token, exit_with_stdin=asked.exit_with_stdin)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m simulators.hed_api",
        description="Serve a simulated HED API on 127.0.0.1. One JSON line on standard output says that it is ready.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    number = _whole_number
    parser.add_argument("--port", type=number(0, 65535), default=0, help="port to listen on (default 0: any free one)")
    parser.add_argument("--rows", type=number(0, MOST_ROWS), default=600, help="rows at the start (default 600)")
    parser.add_argument("--seed", type=int, default=7, help="what all data, cursors and keys derive from (default 7)")
    parser.add_argument("--page-limit", type=number(1, 10_000), default=200, help="most rows a page (default 200)")
    parser.add_argument("--control-token", type=_token, metavar="TOKEN", help="open the control door to this token")
    parser.add_argument("--exit-with-stdin", action="store_true", help="end when standard input ends")
    parser.add_argument("--list-faults", action="store_true", help="print the faults of the control door, and end")
    return parser


def _whole_number(least: int, most: int) -> Callable[[str], int]:
    def read(word: str) -> int:
        try:
            value = int(word)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"expected a whole number from {least} to {most}")
        return value

    return read


def _token(word: str) -> str:
    if not word or not word.isascii() or not word.isprintable() or word != word.strip():
        raise argparse.ArgumentTypeError("expected a word of printable ASCII, since it travels in a header")
    return word


if __name__ == "__main__":
    sys.exit(main())
