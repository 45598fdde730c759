"""`python -m fivetran_tools.app.child WORDS`: Streamlit, which ends when whoever started it is gone.

Its standard input is a pipe that closes when that process dies, however it dies.
"""

import os
import signal
import threading


def main() -> None:
    """Run Streamlit with these words."""
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    from streamlit.web.cli import main as streamlit

    streamlit(prog_name="streamlit")


def _end_with_stdin() -> None:
    while os.read(0, 4096):  # not through sys.stdin, whose lock a thread must not hold when Python ends
        pass
    os.killpg(os.getpgrp(), signal.SIGTERM)  # what fills the warehouse as well


if __name__ == "__main__":
    main()
