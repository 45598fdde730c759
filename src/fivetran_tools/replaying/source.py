"""What stands behind today's function while a recording is sent again: its source, and the settings that lead there."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from fivetran_local.exchanges import Exchange
from fivetran_local.function import decode
from fivetran_local.hiding import hidden_values
from fivetran_local.recording.differences import Difference
from fivetran_local.recording.document import Header, Recorded
from fivetran_local.recording.masking import Masking
from fivetran_local.recording.playback import Playback, playback
from fivetran_local.recording.tape import Tape, is_loopback, origin, readdressed
from fivetran_protocol import MASK, Json
from fivetran_tools.configuration import read_configuration
from fivetran_tools.errors import UsageError
from fivetran_tools.project import Project
from fivetran_tools.replaying.options import ReplayOptions
from fivetran_tools.simulate import simulated_source


class TodaysSource:
    """The source of today's calls: one that is really there, or a simulator of it."""

    answers_wrong_words = False
    """Whether it answers as recorded also to what `check` sends besides its connection's own settings."""

    def __init__(self, header: Header, settings: Mapping[str, Json]) -> None:
        self._header = header
        self._settings = settings
        self._addresses: dict[str, str] = {}

    def request_for(self, recorded: Recorded) -> Json:
        """Return a recorded request with secrets in the place of masks, and with today's addresses.

        Raises:
            UsageError: today's settings lack a secret of the request, or an address: a key is sent only where its own
                settings lead.
        """
        request = recorded.exchange.request
        settings = request.get("secrets") if isinstance(request, dict) else None
        if not isinstance(request, dict) or not isinstance(settings, dict):
            return request
        self._addresses = {}
        today = {key: self._setting(key, value) for key, value in settings.items()}
        elsewhere = {key: value for key, value in self._settings.items() if key not in today and origin(value)}
        return {**request, "secrets": {**today, **elsewhere}}

    def as_recorded(self, exchange: Exchange) -> Exchange:
        """Return today's exchange as it would stand in the recording."""
        public_keys = self._header.public_keys
        masking = Masking(public_keys, hidden_values(self._settings, public_keys), self._addresses)
        return Recorded.from_wire(decode(Recorded(exchange).encode(masking))).exchange

    def differences(self) -> Iterator[Difference]:
        """Yield what was asked of the source otherwise than it was recorded."""
        return iter(())

    def _setting(self, key: str, value: Json) -> Json:
        meant, here = origin(value), origin(self._settings.get(key))
        if meant and not here:
            message = f"the recorded request leads to {meant}: add '{key}' to the configuration"
            raise UsageError(message)
        if meant and here:
            self._addresses[here] = meant
            return self._settings[key]
        if value == MASK and key not in self._settings:
            message = f"the recorded request has the secret '{key}', and the configuration has none: add it"
            raise UsageError(message)
        return self._settings[key] if value == MASK else value


class TapedSource(TodaysSource):
    """The recording itself as the source: the masks stand for the secrets."""

    answers_wrong_words = True

    def __init__(self, header: Header, player: Playback) -> None:
        super().__init__(header, {})
        self._player = player

    def request_for(self, recorded: Recorded) -> Json:
        """Return the request with the player's addresses, and put the tape into the player."""
        self._player.tape = Tape(recorded.source)
        request = super().request_for(recorded)
        settings = request.get("secrets") if isinstance(request, dict) else None
        values = settings.values() if isinstance(settings, dict) else ()
        if MASK in values and not any(map(origin, values)):  # it would be sent to whatever the function asks by itself
            raise UsageError(_not_taped(f"the source that exchange {recorded.exchange.number} asked"))
        return request

    def differences(self) -> Iterator[Difference]:
        """Yield the requests that the tape has no answer to, and those that were not made."""
        for request in self._player.tape.missing:
            yield Difference("source", f"was asked for {request}, which is not in the recording")
        for answer in self._player.tape.left_out:
            yield Difference("source", answer)
        for request in self._player.tape.unused:
            yield Difference("source", f"was not asked for {request}")

    def _setting(self, _key: str, value: Json) -> Json:
        meant = origin(value)
        if not meant or not isinstance(value, str):
            return value
        if meant not in self._header.taped:
            if is_loopback(value):  # nothing is there, as when it was recorded: `check` takes a source away so
                return value
            raise UsageError(_not_taped(meant))
        here = self._player.standing_in_for(meant)
        self._addresses[here] = meant
        return readdressed(value, here)


def _not_taped(source: str) -> str:
    return (
        f"{source} is not on the recording's tape, which needs the source's address among the settings: "
        "pass --simulate, or --configuration FILE"
    )


@contextmanager
def todays_source(
    project: Project, header: Header, options: ReplayOptions, announce: Callable[[str], None]
) -> Iterator[TodaysSource]:
    """Have a source ready until the block ends: the simulator, the one that a configuration names, or the tape.

    Raises:
        UsageError: the configuration cannot be read, or the function cannot be answered from the tape.
        CommandError: the simulator did not start.
    """
    if options.simulate:
        with simulated_source(project, header.connector) as configuration:
            announce(f"simulated source at {configuration.get('base_url', 'an address of its own')}")
            yield TodaysSource(header, configuration)
    elif options.configuration:
        yield TodaysSource(header, read_configuration(options.configuration))
    else:
        if options.function_url and not is_loopback(options.function_url):
            message = "a function on another machine cannot be answered from the recording: pass --configuration FILE"
            raise UsageError(message)
        if not header.taped:  # a source that needs no key would be asked for real
            raise UsageError(_not_taped("the source of the recorded function"))
        with playback() as player:
            yield TapedSource(header, player)
