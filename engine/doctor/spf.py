"""SPF: which servers a domain lets send for it (RFC 7208)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from engine.doctor.dns import Names

MOST_LOOKUPS = 10  # RFC 7208 §4.6.4: beyond it the whole record counts for nothing
LOOKS_UP = ("include", "a", "mx", "ptr", "exists", "redirect")
TERM = re.compile(r"([+?~-]?)([a-z0-9_.-]+)(?:[:=]([^\s/]+))?(?:/\S*)?", re.IGNORECASE)
# Whoever sends through these is named in SPF by another domain of the same house.
SAME_HOUSE = {"gmail.com": "google.com", "office365.com": "outlook.com"}


@dataclass(frozen=True)
class Term:
    """One word of a record: `include:_spf.google.com`, `-all`."""

    sign: str
    name: str
    value: str


@dataclass
class Spf:
    """A domain's record, and all that it takes in from others."""

    records: list[str]
    terms: list[Term] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    empty: list[str] = field(default_factory=list)
    lookups: int = 0

    @property
    def lets_everybody(self) -> bool:
        return any(one.name == "all" and one.sign in ("", "+") for one in self.terms)

    @property
    def says_of_others(self) -> bool:
        """Whether it says anything of who is not named; redirect leaves it to another."""
        ends = [one for one in self.terms if one.name in ("all", "redirect")]
        return any(one.name == "redirect" or one.sign != "?" for one in ends)

    def names(self, server: str) -> bool:
        """Whether it lets in the house that this server belongs to."""
        house = _house(server)
        wanted = {house, SAME_HOUSE.get(house, house)}
        return any(_house(one) in wanted for one in self.named)


def spf_of(domain: str, names: Names) -> Spf:
    """Follows what is included, and stops where a receiver would."""
    found = Spf(records=records_of(domain, names))
    if len(found.records) == 1:
        found.terms = list(_terms(found.records[0]))
        _follow(found, domain, found.terms, names, ())
    return found


def records_of(domain: str, names: Names) -> list[str]:
    said = names.ask(domain, "TXT")
    return [one for one in said if re.match(r"v=spf1(?: |$)", one, re.IGNORECASE)]


def _follow(
    found: Spf, domain: str, terms: Sequence[Term], names: Names, above: tuple[str, ...]
) -> None:
    for term in terms:
        if term.name in LOOKS_UP:
            found.lookups += 1
            found.named.add(term.value or domain)
        if found.lookups > MOST_LOOKUPS:
            return
        if term.name in ("include", "redirect"):
            _take_in(found, term.value, names, (*above, domain))


def _take_in(found: Spf, domain: str, names: Names, above: tuple[str, ...]) -> None:
    if "%" in domain or domain in above:
        return  # a macro is different for each mail; a circle is counted until it is too many
    records = records_of(domain, names)
    if len(records) == 1:
        _follow(found, domain, list(_terms(records[0])), names, above)
    else:
        found.empty.append(domain)  # RFC 7208 §5.2: none there makes the whole an error


def _terms(record: str) -> Iterator[Term]:
    for word in record.split()[1:]:
        if parted := TERM.fullmatch(word):
            sign, name, value = parted.groups()
            yield Term(sign, name.lower(), (value or "").lower().rstrip("."))


def _house(host: str) -> str:
    return ".".join(host.lower().rstrip(".").split(".")[-2:])
