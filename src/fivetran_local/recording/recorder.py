"""Recording a function while it is called: its exchanges, and what its source answers meanwhile."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from fivetran_local.exchanges import Exchange
from fivetran_local.hiding import hidden_values
from fivetran_local.recording.document import Header
from fivetran_local.recording.files import RecordingWriter
from fivetran_local.recording.masking import Masking
from fivetran_local.recording.tape import SourceAnswer, origin, readdressed
from fivetran_local.recording.taping import SourceRecorder, recorded_source
from fivetran_protocol import Json


class Recorder:
    """Writes each exchange with the source's answers that came since the one before."""

    def __init__(
        self, writer: RecordingWriter, standing_in: Mapping[str, str], sources: Sequence[SourceRecorder]
    ) -> None:
        self._writer = writer
        self._standing_in = standing_in
        self._sources = sources

    def settings(self, settings: Mapping[str, Json]) -> dict[str, Json]:
        """Return what to send as `secrets`: where the source is taped, its address is the proxy's."""
        return {key: self._instead(value) for key, value in settings.items()}

    def keep(self, exchange: Exchange) -> None:
        """Write an exchange; raises RecordingError where that cannot be done."""
        answers: list[SourceAnswer] = []
        keys: set[str] = set()
        for source in self._sources:
            taken, carried = source.take()
            answers += taken
            keys |= carried
        self._writer.write(exchange, answers, keys)

    def _instead(self, value: Json) -> Json:
        here = self._standing_in.get(origin(value) or "")
        return readdressed(value, here) if here and isinstance(value, str) else value


@contextmanager
def recorder(
    path: Path, header: Header, *connections: Mapping[str, Json], with_source: bool = True
) -> Iterator[Recorder]:
    """Record into a file until the block ends.

    Args:
        path: The file; a recording that is there is replaced, and nothing else is.
        header: What is recorded.
        connections: The secrets of each connection that is recorded.
        with_source: Put a proxy before every setting that is an address. The function has to be on this machine.

    Raises:
        RecordingError: the file is no recording, or cannot be written.
    """
    with ExitStack() as stack:
        values = [value for settings in connections for value in settings.values()]
        standing_in: dict[str, str] = {}
        sources: list[SourceRecorder] = []
        for meant in dict.fromkeys(filter(None, map(origin, values))) if with_source else ():
            standing_in[meant], source = stack.enter_context(recorded_source(meant))
            sources.append(source)
        hidden = [text for settings in connections for text in hidden_values(settings, header.public_keys)]
        masking = Masking(header.public_keys, hidden, {here: meant for meant, here in standing_in.items()})
        writer = RecordingWriter(path, replace(header, taped=tuple(standing_in)), masking)
        yield Recorder(stack.enter_context(writer), standing_in, sources)
