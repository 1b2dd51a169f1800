"""Parses SPF records and follows their includes (RFC 7208)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from engine.doctor.dns import Resolver

MAX_LOOKUPS = 10  # RFC 7208 §4.6.4: beyond it the whole record counts for nothing
LOOKUP_TERMS = ("include", "a", "mx", "ptr", "exists", "redirect")
TERM = re.compile(r"([+?~-]?)([a-z0-9_.-]+)(?:[:=]([^\s/]+))?(?:/\S*)?", re.IGNORECASE)
# Mail hosts whose SPF include has another registered domain.
SPF_ALIASES = {"gmail.com": "google.com", "office365.com": "outlook.com"}


@dataclass(frozen=True)
class Term:
    """One term of a record, such as `include:_spf.google.com` or `-all`."""

    qualifier: str
    name: str
    value: str


@dataclass
class SpfRecord:
    """A domain's SPF record with everything its includes add."""

    records: list[str]
    terms: list[Term] = field(default_factory=list)
    domains: set[str] = field(default_factory=set)
    missing_includes: list[str] = field(default_factory=list)
    lookups: int = 0

    @property
    def allows_all(self) -> bool:
        return any(term.name == "all" and term.qualifier in ("", "+") for term in self.terms)

    @property
    def has_default(self) -> bool:
        """Whether the record decides about unlisted servers, by `all` or by `redirect`."""
        defaults = [term for term in self.terms if term.name in ("all", "redirect")]
        return any(term.name == "redirect" or term.qualifier != "?" for term in defaults)

    def covers(self, server: str) -> bool:
        """Whether a listed domain belongs to the same registered domain as `server`."""
        own_domain = _registered_domain(server)
        accepted = {own_domain, SPF_ALIASES.get(own_domain, own_domain)}
        return any(_registered_domain(domain) in accepted for domain in self.domains)


def fetch_spf(domain: str, resolver: Resolver) -> SpfRecord:
    """Fetch the SPF record of `domain` and follow its includes, up to the lookup limit.

    Returns the record; `records` has other than one entry where it is missing or ambiguous. Raises
    `DnsError`.
    """
    spf = SpfRecord(records=spf_records(domain, resolver))
    if len(spf.records) == 1:
        spf.terms = list(_parse_terms(spf.records[0]))
        _follow_terms(spf, domain, spf.terms, resolver, ())
    return spf


def spf_records(domain: str, resolver: Resolver) -> list[str]:
    """Returns the TXT records of `domain` that are SPF records."""
    texts = resolver.query(domain, "TXT")
    return [text for text in texts if re.match(r"v=spf1(?: |$)", text, re.IGNORECASE)]


def _follow_terms(
    spf: SpfRecord, domain: str, terms: Sequence[Term], resolver: Resolver, path: tuple[str, ...]
) -> None:
    for term in terms:
        if term.name in LOOKUP_TERMS:
            spf.lookups += 1
            spf.domains.add(term.value or domain)
        if spf.lookups > MAX_LOOKUPS:
            return
        if term.name in ("include", "redirect"):
            _follow_include(spf, term.value, resolver, (*path, domain))


def _follow_include(spf: SpfRecord, domain: str, resolver: Resolver, path: tuple[str, ...]) -> None:
    if "%" in domain or domain in path:
        return  # macros differ per mail; a cycle ends at the lookup limit
    records = spf_records(domain, resolver)
    if len(records) == 1:
        _follow_terms(spf, domain, list(_parse_terms(records[0])), resolver, path)
    else:
        spf.missing_includes.append(domain)  # RFC 7208 §5.2: makes the whole record invalid


def _parse_terms(record: str) -> Iterator[Term]:
    for text in record.split()[1:]:
        if match := TERM.fullmatch(text):
            qualifier, name, value = match.groups()
            yield Term(qualifier, name.lower(), (value or "").lower().rstrip("."))


def _registered_domain(host: str) -> str:
    return ".".join(host.lower().rstrip(".").split(".")[-2:])
