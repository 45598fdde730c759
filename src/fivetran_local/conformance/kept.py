"""Keeping what is going to be judged."""

from fivetran_local.exchanges import Exchange


class Kept:
    """Exchanges; an answer that comes again, to the byte, is held and decoded once.

    Most do: a check asks for each page several times, and rules look at all of them in the end.
    """

    def __init__(self) -> None:
        self._exchanges: list[Exchange] = []
        self._first: dict[tuple[int | None, str, bytes], Exchange] = {}

    def keep(self, exchange: Exchange) -> None:
        """Keep one more."""
        answer = (exchange.status, exchange.content_type, exchange.content)
        earlier = self._first.setdefault(answer, exchange)
        if earlier is not exchange:
            exchange.share(earlier)
        self._exchanges.append(exchange)

    def in_order(self) -> list[Exchange]:
        """Return all of them, by number: some were made beside others."""
        return sorted(self._exchanges, key=lambda exchange: exchange.number)
