"""DNS lookups for the doctor, over dnspython."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

RecordType = Literal["A", "AAAA", "CNAME", "MX", "TXT"]
TIMEOUT_SECONDS = 4.0  # per query, over all servers


class DnsError(Exception):
    """The lookup failed (timeout, SERVFAIL, network): nothing is known about the name."""


class Resolver(Protocol):
    """What the doctor needs of DNS; tests pass a dictionary-backed implementation."""

    def query(self, name: str, record_type: RecordType) -> Sequence[str]:
        """Return the records of `record_type` at `name`, or an empty sequence where there are none.

        Names come without the trailing dot and in lower case; MX records as `10 mx.example.com`.
        Raises `DnsError` where no answer was received.
        """
        ...


class DnsResolver:
    """Queries the system's name servers, or the `server` that is passed."""

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
