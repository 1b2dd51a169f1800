"""The names of the internet: what is published under a domain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

RecordType = Literal["A", "AAAA", "CNAME", "MX", "TXT"]
TIMEOUT_SECONDS = 4.0  # for one question, over all the servers that may answer it


class DnsError(Exception):
    """Nobody could be asked: nothing is known, which is not the same as nothing there."""


class Resolver(Protocol):
    """Whom to ask. Tests hand in a dictionary's worth."""

    def query(self, name: str, record_type: RecordType) -> Sequence[str]:
        """What stands there: names without their last dot, an MX as `10 mx.example.com`, nothing
        where there is nothing. Raises `DnsError`."""
        ...


class DnsResolver:
    """The name servers that this machine uses, or the one that is named."""

    def __init__(self, server: str | None = None, port: int = 53) -> None:
        self._server, self._port = server, port

    def query(self, name: str, record_type: RecordType) -> Sequence[str]:
        import dns.exception
        import dns.resolver

        try:
            resolver = dns.resolver.Resolver(configure=self._server is None)
            if self._server:
                resolver.nameservers, resolver.port = [self._server], self._port
            answer = resolver.resolve(name, record_type, lifetime=TIMEOUT_SECONDS, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError, UnicodeError) as error:
            raise DnsError(f"{name}: {type(error).__name__}") from error
        return [_rdata_text(row, record_type) for row in answer]


def _rdata_text(rdata: object, record_type: RecordType) -> str:
    if record_type == "TXT":
        # RFC 7208 §3.3: the strings of one record are put together without a space.
        strings: Sequence[bytes] = rdata.strings  # type: ignore[attr-defined]  # dnspython's TXT
        return b"".join(strings).decode("utf-8", "replace")
    if record_type == "MX":
        return f"{rdata.preference} {_normalize(rdata.exchange)}"  # type: ignore[attr-defined]  # and MX
    return _normalize(rdata)


def _normalize(name: object) -> str:
    text = str(name)
    return text if text == "." else text.rstrip(".").lower()
