"""Makes and repairs `.venv`, the environment in which every command runs.

The launcher runs this file with whatever Python the machine has, before anything is installed, so it needs the standard
library alone. What counts as ready stands in `.venv/fivetran.stamp`: it is withdrawn before the first change and
written after the last, so that an environment left half made by a kill is one without a valid stamp. The launcher
reads the same file with bash builtins; `Stamp` gives its form.
"""

import argparse
import csv
import fcntl
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn, Self

ROOT: Final = Path(__file__).resolve().parents[2]
OLDEST_PYTHON: Final = (3, 11)
INPUTS: Final = (".venv/pyvenv.cfg", "pyproject.toml", "requirements.lock")
"""The files that decide what belongs in the environment, in the order in which the stamp holds them."""

_ELSEWHERE: Final = ("PIP_PREFIX", "PIP_PYTHON", "PIP_ROOT", "PIP_TARGET")
"""Settings of pip's by which it would install into another place."""
_LINES_SHOWN: Final = 12
_NETWORK: Final = r"(?i)connection (broken|refused)|ConnectionError|NameResolution|ProxyError|no matching distribution"
# What a new environment would run into as well, and what helps instead. The first that the log mentions is taken.
_REMEDIES: Final = (
    (r"No space left on device", "free some disk space"),
    (r"Permission denied", "make the file that the log names writable for you"),
    (_NETWORK, "check the network, or the index that pip is set to"),
    # Pip also calls it a conflict when it finds no trace of a version that the lock asks for.
    (r"ResolutionImpossible", "check the index that pip is set to, or make requirements.lock anew as its head says"),
)


class BootstrapError(Exception):
    """The environment could not be made: one line that says what happened, where, and what to do next."""


class UnknownExtraError(BootstrapError):
    """Pyproject.toml has no such extra."""


class _PipFailedError(BootstrapError):
    """Pip did not do its work in an environment that may itself be the reason."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What was installed, when all of it was: the proof that an environment is ready.

    As text: the extras on one line, the checkout's path, one path below `.venv` for each thing that was installed, an
    empty line, and the text of the `INPUTS` one after the other, each without its last newlines. An unfinished
    environment has a stamp without inputs, which remembers the extras.
    """

    extras: frozenset[str]
    root: str
    installed: tuple[str, ...] = ()
    inputs: str = ""

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Read a stamp; None where there is none or it is cut off."""
        try:
            head, _, inputs = _text(path).partition("\n\n")
        except OSError:
            return None
        extras, _, rest = head.partition("\n")
        root, *installed = rest.split("\n")
        return cls(frozenset(extras.split()), root, tuple(installed), inputs)

    def write(self, path: Path) -> None:
        """Put the stamp in place at once, whole."""
        head = "\n".join((" ".join(sorted(self.extras)), self.root, *self.installed))
        draft = path.with_suffix(".draft")
        draft.write_bytes(f"{head}\n\n{self.inputs}".encode(errors="surrogateescape"))
        draft.replace(path)


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A virtual environment's Python that was seen to run."""

    version: tuple[int, ...]
    site_packages: Path

    @classmethod
    def of(cls, venv: Path) -> Self | None:
        """Ask the Python of `venv` about itself; None where it does not run, or has no pip."""
        question = "import sys, sysconfig, pip; print(*sys.version_info[:3], sysconfig.get_path('purelib'))"
        try:
            answer = subprocess.run(  # noqa: S603  # our own environment's Python and a fixed question
                [venv / "bin" / "python", "-I", "-c", question],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=True,
                timeout=60,
            )
        except (OSError, subprocess.SubprocessError):
            return None
        major, minor, micro, site_packages = answer.stdout.rstrip("\n").split(" ", 3)
        return cls((int(major), int(minor), int(micro)), Path(site_packages))


class Environment:
    """The `.venv` of one checkout."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.venv = root / ".venv"
        self.python = self.venv / "bin" / "python"
        self.stamp = self.venv / "fivetran.stamp"
        self.log = root / "build" / "bootstrap.log"
        self._lock: int | None = None

    def ensure(self, extras: Iterable[str]) -> bool:
        """Install these extras unless they are in; repair whatever is broken. True if anything was done.

        Raises:
            BootstrapError: an extra that pyproject.toml does not have, or a step that failed.
        """
        known = set(self._project().get("optional-dependencies", ()))
        if unknown := sorted(set(extras) - known):
            message = f"pyproject.toml has no extra '{unknown[0]}': choose from {', '.join(sorted(known))}"
            raise UnknownExtraError(message)
        with self._alone():
            stamp = Stamp.read(self.stamp)
            wanted = frozenset(extras) | ((stamp.extras & known) if stamp else frozenset())
            interpreter = Interpreter.of(self.venv)
            fault = self._fault(stamp, interpreter, wanted)
            if fault is None:
                return False
            self.log.write_text("")
            _say(f"setting up .venv ({fault}); details in build/bootstrap.log")
            self._repair(wanted, in_place=self._keepable(stamp, interpreter))
            return True

    def summary(self) -> str:
        """Describe the environment in one line."""
        interpreter = Interpreter.of(self.venv)
        if interpreter is None:
            raise BootstrapError(".venv/bin/python does not run: run ./fivetran bootstrap again")
        version = ".".join(map(str, interpreter.version))
        packages = sum(1 for _ in interpreter.site_packages.glob("*.dist-info"))
        return f"environment ready: Python {version}, {packages} packages, .venv"

    def _fault(self, stamp: Stamp | None, interpreter: Interpreter | None, wanted: frozenset[str]) -> str | None:
        if not os.path.lexists(self.venv):
            return "there is none yet"
        if interpreter is None or interpreter.version < OLDEST_PYTHON:
            return "its Python is missing, broken or too old"
        if stamp is None or not stamp.inputs:
            return "it was not finished"
        if not _same_folder(stamp.root, self.root):
            return "the checkout was moved or copied"
        if stamp.inputs != self._inputs():
            return "pyproject.toml or requirements.lock changed"
        if absent := sorted(wanted - stamp.extras):
            return f"'{absent[0]}' is not in it"
        if broken := damaged(interpreter.site_packages):
            return f"{broken[0].partition('==')[0]} is damaged"
        gone = next((path for path in stamp.installed if not (self.venv / path).exists()), None)
        return f"{gone} is missing" if gone else None

    def _keepable(self, stamp: Stamp | None, interpreter: Interpreter | None) -> bool:
        """Tell whether pip can repair in place. In a moved environment every script names the old place."""
        if interpreter is None or interpreter.version < OLDEST_PYTHON:
            return False
        return stamp is None or _same_folder(stamp.root, self.root)

    def _repair(self, extras: frozenset[str], *, in_place: bool) -> None:
        if in_place:
            try:
                self._install(extras)
            except _PipFailedError as error:
                _say(f"{error}\nmaking .venv anew instead")
            else:
                return
        self._make()
        self._install(extras)

    def _make(self) -> None:
        if _same_folder(sys.prefix, self.venv):
            raise BootstrapError(".venv is made anew by no command that runs in it: run ./fivetran bootstrap")
        base = Path(sys.executable).resolve()  # names its minor version, so an upgrade leaves a dangling link, seen
        if self.venv.is_symlink():  # what it leads to may be somebody else's, and venv would refuse it
            self.venv.unlink()
        elif self.venv.is_file():
            kept = self.root / "build" / "replaced.venv"
            self.venv.replace(kept)
            _say("there was a file named .venv; it is build/replaced.venv now")
        version = ".".join(map(str, sys.version_info[:3]))
        self._run(f"making .venv with Python {version}", [str(base), "-I", "-m", "venv", "--clear", str(self.venv)])

    def _install(self, extras: frozenset[str]) -> None:
        interpreter = Interpreter.of(self.venv)
        if interpreter is None:
            raise _PipFailedError(".venv/bin/python does not run or has no pip: run ./fivetran bootstrap again")
        Stamp(extras, str(self.root)).write(self.stamp)
        inputs = self._inputs()
        _sweep(interpreter.site_packages)
        pip = [str(self.python), "-I", "-m", "pip", "--no-input", "--disable-pip-version-check", "install"]
        pip += ["-c", "requirements.lock"]
        ours = re.sub(r"[-_.]+", "_", self._project()["name"]).lower() + "=="  # installed anew in any case
        broken = [it for it in damaged(interpreter.site_packages) if not it.startswith(ours)]
        if broken:
            self._run("replacing what is damaged", [*pip, "--force-reinstall", "--no-deps", *broken])
        named = ",".join(sorted(extras))
        self._run(f"installing packages ({named})", [*pip, "-e", f".[{named}]"])
        installed = (path.relative_to(self.venv) for path in witnesses(interpreter.site_packages))
        Stamp(extras, str(self.root), tuple(map(str, sorted(installed))), inputs).write(self.stamp)

    def _run(self, step: str, command: Sequence[str]) -> None:
        """Run one step with its output in the log. The child is ended if we are, before we are."""
        environment = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
        environment["PIP_USER"] = "0"  # a pip that is set to install for the user refuses to do so in an environment
        start = self.log.stat().st_size
        with self.log.open("ab") as log:
            child = subprocess.Popen(  # noqa: S603  # a Python of ours and arguments made here
                command,
                cwd=self.root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Killed outright, we leave pip behind; the lock it inherits keeps the next run waiting for its end.
                pass_fds=() if self._lock is None else (self._lock,),
            )
            try:
                _watch(step, child)
            finally:
                _end(child)
        if child.returncode != 0:
            self._explain(step, child.returncode, start)

    def _explain(self, step: str, status: int, start: int) -> NoReturn:
        output = self.log.read_bytes()[start:].decode(errors="replace")
        failed = f"{step} failed with status {status} (build/bootstrap.log has it all)"
        for pattern, remedy in _REMEDIES:
            if re.search(pattern, output):
                raise BootstrapError(f"{failed}: {remedy}, then run ./fivetran bootstrap")
        for line in output.splitlines()[-_LINES_SHOWN:]:
            _say(f"  {line}")
        raise _PipFailedError(f"{failed}: see its last lines above, then run ./fivetran bootstrap")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.log.parent.mkdir(exist_ok=True)
        self._lock = os.open(self.log.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                _say("another ./fivetran is setting up .venv: waiting for it")
                fcntl.flock(self._lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(self._lock)
            self._lock = None

    def _inputs(self) -> str:
        return "\n".join(_text(self.root / name).rstrip("\n") for name in INPUTS)

    def _project(self) -> dict[str, Any]:
        try:
            project: dict[str, Any] = tomllib.loads(_text(self.root / "pyproject.toml"))["project"]
        except (tomllib.TOMLDecodeError, KeyError) as error:
            raise BootstrapError(f"pyproject.toml cannot be read ({error}): mend it, or take it from git") from None
        return project


def ensure(*extras: str) -> bool:
    """Make this checkout's environment ready, with `extras` in it. True if something was installed.

    Raises:
        BootstrapError: it could not be done; the next call goes on from there.
    """
    return Environment(ROOT).ensure({"run", *extras})


def damaged(site_packages: Path) -> list[str]:
    """Find the distributions of which a file is gone or cut off, as `name==version`. Compiled files do not count.

    (`importlib.metadata` leaves out files that are gone, from Python 3.12 on.)
    """
    return [
        "{0}=={2}".format(*info.stem.rpartition("-"))
        for info in sorted(site_packages.glob("[!~]*.dist-info"))
        if not _is_whole(info)
    ]


def _is_whole(info: Path) -> bool:
    try:
        for name, _, size in csv.reader(_text(info / "RECORD").splitlines()):
            if name.endswith(".pyc"):
                continue
            there = (info.parent / name).stat().st_size
            if size and there != int(size):
                return False
    except (OSError, ValueError):
        return False
    return True


def witnesses(folder: Path) -> Iterator[Path]:
    """List one path for each thing installed, whose absence shows that the thing is gone.

    That is `__init__.py` for a package and METADATA for a distribution; a namespace such as `google` is looked into.
    """
    for path in folder.iterdir():
        if path.name == "__pycache__" or path.name.startswith("~"):
            continue
        mark = path / ("METADATA" if path.suffix == ".dist-info" else "__init__.py")
        if mark.exists():
            yield mark
        elif path.is_dir() and any(inner.is_dir() for inner in path.iterdir()):
            yield from witnesses(path)
        else:
            yield path


def _sweep(site_packages: Path) -> None:
    """Remove what a killed pip leaves: things it was about to delete, and records of things it did not finish."""
    for path in site_packages.iterdir():
        unfinished = path.suffix == ".dist-info" and not all((path / name).exists() for name in ("METADATA", "RECORD"))
        if unfinished or (path.name.startswith("~") and path.is_dir()):
            shutil.rmtree(path)


def _watch(step: str, child: subprocess.Popen[bytes]) -> None:
    """Wait for a step: a turning mark on a terminal, one plain line elsewhere."""
    if not sys.stderr.isatty():
        _say(step)
        child.wait()
        return
    began = time.monotonic()
    for mark in itertools.cycle("|/-\\"):
        with suppress(subprocess.TimeoutExpired):
            child.wait(0.1)
            break
        print(f"\r{step} {mark}", end="", file=sys.stderr, flush=True)
    print(f"\r{step}: {time.monotonic() - began:.0f} s", file=sys.stderr)


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _same_folder(recorded: str, root: Path) -> bool:
    try:
        return Path(recorded).samefile(root)
    except OSError:
        return False


def _text(path: Path) -> str:
    return path.read_bytes().decode(errors="surrogateescape")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _become_command(arguments: Sequence[str]) -> NoReturn:
    """Become the command that was asked for, as the launcher does when it finds the environment ready."""
    python = str(Environment(ROOT).python)
    os.execv(python, [python, "-P", "-m", "fivetran_tools", *arguments])  # noqa: S606  # no shell is the point


def _bootstrap(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="./fivetran bootstrap",
        description="Make or repair the environment in .venv. Every other command does so too when it has to.",
        epilog="Example: './fivetran bootstrap --extra test' also installs what the tests need.",
    )
    parser.add_argument("--extra", action="append", default=[], help="an extra of pyproject.toml to install as well")
    environment = Environment(ROOT)
    environment.ensure({"run", *parser.parse_args(arguments).extra})
    print(environment.summary())


def main(arguments: Sequence[str]) -> int:
    """Bootstrap, or bootstrap and become the command. Returns the exit code when there is no command to become."""
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda number, _: sys.exit(128 + number))
    try:
        if arguments[:1] == ["bootstrap"]:
            _bootstrap(arguments[1:])
            return 0
        if ensure():
            _say(Environment(ROOT).summary())
        _become_command(arguments)
    except KeyboardInterrupt:
        _say("\ninterrupted; the next ./fivetran goes on from here")
        return 128 + signal.SIGINT
    except BootstrapError as error:
        _say(f"fivetran: {error}")
        return 2 if isinstance(error, UnknownExtraError) else 1
    except OSError as error:
        _say(f"fivetran: .venv cannot be set up ({error}): mend that, then run it again")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
