"""The names of the internet: what is published under a domain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

Sort = Literal["A", "AAAA", "CNAME", "MX", "TXT"]
SECONDS = 4.0  # for one question, over all the servers that may answer it


class Unanswered(Exception):
    """Nobody could be asked: nothing is known, which is not the same as nothing there."""


class Names(Protocol):
    """Whom to ask. Tests hand in a dictionary's worth."""

    def ask(self, name: str, sort: Sort) -> Sequence[str]:
        """What stands there: names without their last dot, an MX as `10 mx.example.com`, nothing
        where there is nothing. Raises `Unanswered`."""
        ...


class Dns:
    """The name servers that this machine uses, or the one that is named."""

    def __init__(self, server: str | None = None, port: int = 53) -> None:
        self._server, self._port = server, port

    def ask(self, name: str, sort: Sort) -> Sequence[str]:
        import dns.exception
        import dns.resolver

        try:
            resolver = dns.resolver.Resolver(configure=self._server is None)
            if self._server:
                resolver.nameservers, resolver.port = [self._server], self._port
            answer = resolver.resolve(name, sort, lifetime=SECONDS, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            raise Unanswered(f"{name}: {type(error).__name__}") from error
        return [_text(row, sort) for row in answer]


def _text(row: object, sort: Sort) -> str:
    if sort == "TXT":
        # RFC 7208 §3.3: the strings of one record are put together without a space.
        strings: Sequence[bytes] = row.strings  # type: ignore[attr-defined]  # dnspython's TXT
        return b"".join(strings).decode("utf-8", "replace")
    if sort == "MX":
        return f"{row.preference} {_plain(row.exchange)}"  # type: ignore[attr-defined]  # and MX
    return _plain(row)


def _plain(name: object) -> str:
    text = str(name)
    return text if text == "." else text.rstrip(".").lower()
