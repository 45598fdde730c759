"""Recordings on disk: JSON objects one after another, each written whole as soon as its exchange is over.

A recording that is cut off in the middle, by a kill or a full disk, keeps every exchange before.
"""

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, Final, Self, overload

from fivetran_local.errors import RefusedError
from fivetran_local.exchanges import Exchange
from fivetran_local.function import decode
from fivetran_local.recording.bodies import MalformedRecordingError
from fivetran_local.recording.document import Header, Recorded, RecordingError
from fivetran_local.recording.masking import Masking
from fivetran_local.recording.tape import TOO_LARGE, SourceAnswer

_LARGEST_HEADER: Final = 64 * 1024
_LARGEST_EXCHANGE: Final = 256 * 1024 * 1024


class RecordingWriter:
    """Writes a recording, exchange by exchange, readable by its owner alone.

    Raises:
        RecordingError: there is a file that is no recording, or the file cannot be written.
    """

    def __init__(self, path: Path, header: Header, masking: Masking | None = None) -> None:
        """Args: `masking` hides what `Recorded.encode` does not find in the request itself."""
        if problem := target_problem(path):
            raise RecordingError(problem)
        self._path = path
        self._masking = masking or Masking(header.public_keys)
        begun = self._masking.encode(header.to_wire()) + b"\n"
        self._file = self._begin(begun)
        self._size = len(begun)
        """Of what is whole, in bytes."""

    def write(self, exchange: Exchange, source: Sequence[SourceAnswer] = (), keys: Collection[str] = ()) -> None:
        """Add an exchange.

        Args:
            exchange: The exchange, unmasked.
            source: What the source answered meanwhile.
            keys: Texts to hide, besides the secrets of the request.

        Raises:
            RecordingError: it cannot be written.
        """
        text = self._readable(Recorded(exchange, tuple(source)), keys)
        try:
            _write_whole(self._file, text)
        except OSError as error:
            with suppress(OSError):  # what was written before stays readable
                self._file.truncate(self._size)
                self._file.seek(self._size)
            raise RecordingError(self._problem(error)) from error
        self._size += len(text)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _readable(self, recorded: Recorded, keys: Collection[str]) -> bytes:
        """Return an exchange as it can be read again: indented, a body may be many times what it was."""
        text = recorded.encode(self._masking, keys) + b"\n"
        if len(text) > _LARGEST_EXCHANGE:
            left_out = tuple(replace(one, body=b"", left_out=TOO_LARGE) if one.body else one for one in recorded.source)
            text = replace(recorded, source=left_out).encode(self._masking, keys) + b"\n"
        if len(text) > _LARGEST_EXCHANGE:
            message = f"cannot write the recording {self._path}: {recorded.exchange} is too large to be read again"
            raise RecordingError(message)
        return text

    def _begin(self, header: bytes) -> IO[bytes]:
        """Return the file with its header, which replaces an older recording only now."""
        path = Path(os.path.realpath(self._path))
        scratch = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(exist_ok=True)
            scratch.unlink(missing_ok=True)
            file = os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0)
        except OSError as error:
            raise RecordingError(self._problem(error)) from error
        try:
            _write_whole(file, header)
            scratch.replace(path)
        except OSError as error:
            file.close()
            scratch.unlink(missing_ok=True)
            raise RecordingError(self._problem(error)) from error
        return file

    def _problem(self, error: OSError) -> str:
        return f"cannot write the recording {self._path}: {error.strerror or error}"


class Recording(Sequence[Recorded]):
    """A recording that is read as it is needed: in memory is where each exchange stands, and no exchange."""

    def __init__(self, path: Path, header: Header, places: Sequence[tuple[int, int]], warning: str = "") -> None:
        """Args: `places` are the exchanges' offsets and sizes in bytes; `warning` says what of the file is missing."""
        self.path = path
        self.header = header
        self.warning = warning
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Recorded: ...
    @overload
    def __getitem__(self, index: slice) -> "Recording": ...
    def __getitem__(self, index: int | slice) -> "Recorded | Recording":
        """Return an exchange by its place, or a part of the recording.

        Raises:
            RecordingError: what stands there is no exchange.
        """
        if isinstance(index, slice):
            return Recording(self.path, self.header, self._places[index], self.warning)
        offset, size = self._places[index]
        try:
            with self.path.open("rb") as file:
                file.seek(offset)
                return Recorded.from_wire(decode(file.read(size)))
        except OSError as error:
            raise RecordingError(_unreadable(self.path, error)) from error
        except (RefusedError, MalformedRecordingError, RecursionError) as error:
            reason = str(error) if isinstance(error, MalformedRecordingError) else "it is not JSON"
            message = f"{self.path}: what begins at byte {offset} is no exchange: {reason}"
            raise RecordingError(message) from None


def read_recording(path: Path) -> Recording:
    """Read a recording's header, and find its exchanges.

    Raises:
        RecordingError: the file cannot be read, or is no recording.
    """
    try:
        if not path.is_file():
            message = (
                f"{path} is not a file" if path.exists() else f"no recording at {path}: make one with --record FILE"
            )
            raise RecordingError(message)
        with path.open("rb") as file:
            header = _header(path, file)
            places: list[tuple[int, int]] = []
            warning = ""
            for offset, size, whole in _objects(file):
                if whole:
                    places.append((offset, size))
                else:
                    warning = f"{path} is cut off after {len(places)} exchanges; those are kept"
    except OSError as error:
        raise RecordingError(_unreadable(path, error)) from error
    return Recording(path, header, places, warning)


def target_problem(path: Path) -> str | None:
    """Say why a recording cannot be written to a path; None when it can.

    A recording replaces a recording, and nothing else that anybody may still need.
    """
    if not path.parent.parent.is_dir():  # one folder is made; more of them missing is a slip of the hand
        return f"cannot write the recording {path}: there is no folder {path.parent.parent}"
    if not path.exists():
        return None
    try:
        if path.is_file():  # a pipe would be waited for
            with path.open("rb") as file:
                _header(path, file)
            return None
    except (OSError, RecordingError):
        pass
    return f"{path} exists and is not a recording, so it is not replaced: choose another name"


def _header(path: Path, file: IO[bytes]) -> Header:
    text = b""
    for line in iter(lambda: file.readline(_LARGEST_HEADER), b""):
        text += line
        if _ends_object(line) or len(text) > _LARGEST_HEADER:
            break
    try:
        return Header.from_wire(decode(text))
    except (RefusedError, RecursionError):
        message = f"{path} is not a recording: it does not begin with a recording's header"
    except MalformedRecordingError as error:
        message = f"{path} is not a recording: {error}"
    raise RecordingError(message) from None


def _objects(file: IO[bytes]) -> Iterator[tuple[int, int, bool]]:
    """Yield each object's offset, its size, and whether it is there to its end.

    An object ends with the first line that is not indented and ends with a brace: indented JSON has no other.
    """
    offset = file.tell()
    size = 0
    for line in iter(lambda: file.readline(_LARGEST_EXCHANGE), b""):
        size += len(line)
        if _ends_object(line):
            yield offset, size, True
            offset, size = offset + size, 0
        elif size > _LARGEST_EXCHANGE:
            break
        elif not size - len(line) and not line.strip():
            offset, size = offset + size, 0
    if size:
        yield offset, size, False


def _ends_object(line: bytes) -> bool:
    return line[:1] not in b" \t\r\n" and line.rstrip().endswith(b"}")


def _write_whole(file: IO[bytes], data: bytes) -> None:
    """Write all of it: a single write to a disk that fills up takes a part, and says so in a number only."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def _unreadable(path: Path, error: OSError) -> str:
    return f"cannot read {path}: {error.strerror or error}"
