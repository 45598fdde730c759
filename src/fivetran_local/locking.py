"""Taking turns: one process at a time in a warehouse file, one sync at a time in a connection."""

import fcntl
import os
import re
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fivetran_local.errors import WarehouseError
from fivetran_local.turns import turn_at
from fivetran_local.whole_files import sync_folder

if TYPE_CHECKING:
    import duckdb

_POLL_SECONDS: Final = 0.02
_MAGIC: Final = b"DUCK"
"""Stands at the ninth byte of every DuckDB file."""
_HOLDER: Final = re.compile(r"\(PID (\d+)")
_NO_ROOM: Final = ("No space left", "File too large", "Disk quota")

_in_this_process: dict[Path, threading.Lock] = {}


@contextmanager
def open_database(
    path: Path, *, read_only: bool, wait_seconds: float, settings: dict[str, str | int]
) -> "Iterator[duckdb.DuckDBPyConnection]":
    """Open a DuckDB file, waiting for whoever has it open, and close it again.

    Raises:
        WarehouseError: it stays locked for `wait_seconds`, or is not a file that this DuckDB can open.
    """
    deadline = time.monotonic() + wait_seconds
    path = Path(os.path.realpath(path))  # one name for one file, which is also where a new one is moved to
    turn = _in_this_process.setdefault(path, threading.Lock())
    if not turn.acquire(timeout=wait_seconds):
        raise WarehouseError(f"{path} was busy for {wait_seconds:g} s within this process: try again")
    try:
        with turn_at(path, deadline - time.monotonic()):
            connection = _connect(path, read_only=read_only, deadline=deadline, wait=wait_seconds, settings=settings)
            try:
                yield connection
            finally:
                connection.close()
    finally:
        turn.release()


def is_missing(path: Path) -> bool:
    """Whether there is no database yet: no file, or an empty one, as a full disk may leave it.

    Raises:
        WarehouseError: its folder may not be looked into.
    """
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError as error:
        raise WarehouseError(f"{path} cannot be opened: {error.strerror}") from error
    return stat.S_ISREG(found.st_mode) and not found.st_size


def _connect(
    path: Path, *, read_only: bool, deadline: float, wait: float, settings: dict[str, str | int]
) -> "duckdb.DuckDBPyConnection":
    import duckdb

    if not read_only:
        _make_folder(path.parent)
    if is_missing(path) and not read_only:
        _make(path, settings)
    if path.is_dir():
        raise WarehouseError(f"{path} is a folder: name a file for the warehouse")
    if _is_another_kind_of_file(path):
        # DuckDB would read a JSON or CSV file of that name as data, and say nothing.
        raise WarehouseError(f"{path} is not a DuckDB file: name another one, or move it away")
    while True:
        try:
            return duckdb.connect(str(path), read_only=read_only, config=dict(settings))
        except duckdb.Error as error:
            if "Could not set lock" not in str(error):
                raise _unusable(path, error) from error
            if time.monotonic() >= deadline:
                found = _HOLDER.search(str(error))
                holder = _describe(int(found.group(1))) if found else "another process"
                raise WarehouseError(
                    f"{path} stayed locked for {wait:g} s by {holder}: close it there, or wait and run again"
                ) from error
        time.sleep(_POLL_SECONDS)


def _make(path: Path, settings: dict[str, str | int]) -> None:
    """Make a database beside its place and move it there: one that a kill or a full disk left half made is no use."""
    import duckdb

    made = path.with_name(f"{path.name}.new")
    try:
        made.unlink(missing_ok=True)
        duckdb.connect(str(made), config=dict(settings)).close()
        path.with_name(f"{path.name}.wal").unlink(missing_ok=True)  # of a database that is gone: it would come back
        made.replace(path)
        sync_folder(path.parent)
    except duckdb.Error as error:
        raise _unusable(path, error) from error
    except OSError as error:
        raise WarehouseError(f"{path} cannot be made: {error.strerror}") from error


def _is_another_kind_of_file(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError:
        return False  # missing, or not to be read: DuckDB says what is wrong
    return bool(head) and head[8:] != _MAGIC


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WarehouseError(f"the folder {folder} of the warehouse cannot be made: {error.strerror}") from error


def _unusable(path: Path, error: Exception) -> WarehouseError:
    text = str(error)
    if is_full_disk(error):
        return disk_full(path)
    if "not a valid DuckDB database file" in text:
        return WarehouseError(f"{path} is not a DuckDB file: move it away or name another warehouse")
    if "version number" in text:
        return WarehouseError(f"{path} was written by another version of DuckDB: open it with that, or name another")
    if "Corrupt database file" in text:
        return WarehouseError(f"{path} is damaged: put a copy back in its place, or move it away and sync again")
    if "ermission denied" in text or "Read-only file system" in text:
        return WarehouseError(f"{path} may not be opened by this user: change its permissions or name another")
    return WarehouseError(f"{path} cannot be opened: {first_line(error)}")


def is_full_disk(error: Exception) -> bool:
    """Whether DuckDB failed because there was no room to write."""
    return any(words in str(error) for words in _NO_ROOM)


def disk_full(path: Path) -> WarehouseError:
    """Return what is said of a warehouse that there is no room for."""
    return WarehouseError(f"{path}: the disk is full: free some space and run again; nothing of this was kept")


def first_line(error: Exception) -> str:
    """The first line of an error's text."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def _describe(pid: int) -> str:
    try:
        return f"{Path(f'/proc/{pid}/comm').read_text().strip()} (process {pid})"
    except OSError:  # gone, or a system without /proc
        return f"process {pid}"


@contextmanager
def exclusive(path: Path, what: str) -> Iterator[None]:
    """Hold a lock file for as long as the block runs; the kernel lets go of it when this process dies.

    The file stays, with the last holder's process number in it: removing it would let two processes hold two files
    of one name.

    Raises:
        WarehouseError: another process, or another thread of this one, holds it; or it cannot be made.
    """
    _make_folder(path.parent)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise WarehouseError(f"the lock file {path} cannot be opened: {error.strerror}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
            name = _describe(int(holder)) if holder.isdigit() else "another process"
            raise WarehouseError(f"{what} is already running in {name}: wait for it, or stop it") from error
        except OSError as error:
            raise WarehouseError(f"the lock file {path} cannot be locked: {error.strerror}") from error
        with suppress(OSError):  # a full disk: the lock holds without the number, and whoever waits is not told it
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)
