"""Which identities are one person: worked out from what they say, never from their order."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

# A number that more records claim is a shop's own, or was typed to fill a field.
MOST_CLAIMS = 20
TOO_MANY = f"more than {MOST_CLAIMS} records claim it"
TWO_PEOPLE = "claimed under two names and two e-mail addresses"

Name = frozenset[str]


@dataclass(frozen=True)
class Known:
    """What one identity says of whose it is: every address and number it ever had."""

    id: int
    name: Name
    addresses: frozenset[str]
    phones: frozenset[str]


@dataclass(frozen=True)
class Found:
    """The people behind some identities."""

    people: Sequence[Sequence[int]]  # the identities of each
    by_address: Mapping[int, int]  # alike for identities that an e-mail address joins
    shared: Mapping[str, str]  # the numbers that join nobody, and why


def match(known: Sequence[Known]) -> Found:
    """Same address or same number, same person; a number of two people joins nobody."""
    same = Joined(one.id for one in known)
    same.join_all((address, one.id) for one in known for address in one.addresses)
    by_address = {one.id: same.of(one.id) for one in known}
    claims = _claims(known)
    shared = _shared(claims, _households(known, by_address), by_address)
    same.join_all(
        (phone, one) for phone, ones in claims.items() if phone not in shared for one in ones
    )
    people: dict[int, list[int]] = defaultdict(list)
    for one in sorted(by_address):
        people[same.of(one)].append(one)
    return Found(list(people.values()), by_address, shared)


def name_of(first: str | None, last: str | None) -> Name:
    """The words of a name without accents and capitals: enough to tell two people apart."""
    folded = unicodedata.normalize("NFKD", f"{first or ''} {last or ''}".casefold())
    return frozenset("".join(sign for sign in folded if not unicodedata.combining(sign)).split())


class Joined:
    """Things that come together, in whatever order."""

    def __init__(self, ids: Iterable[int]) -> None:
        self._next = {one: one for one in ids}

    def of(self, one: int) -> int:
        """The same for all that are together."""
        while self._next[one] != one:
            self._next[one] = self._next[self._next[one]]
            one = self._next[one]
        return one

    def join_all(self, claims: Iterable[tuple[str, int]]) -> None:
        """Bring together those who claim the same."""
        first: dict[str, int] = {}
        for key, one in claims:
            a, b = self.of(first.setdefault(key, one)), self.of(one)
            self._next[max(a, b)] = min(a, b)


@dataclass
class Household:
    """All that e-mail addresses join, as one claimant of a number."""

    names: set[Name]
    has_address: bool


def _claims(known: Iterable[Known]) -> dict[str, list[int]]:
    claims: dict[str, list[int]] = defaultdict(list)
    for one in known:
        for phone in one.phones:
            claims[phone].append(one.id)
    return claims


def _households(known: Iterable[Known], by_address: Mapping[int, int]) -> dict[int, Household]:
    households: dict[int, Household] = {}
    for one in known:
        whole = households.setdefault(by_address[one.id], Household(set(), has_address=False))
        whole.has_address = whole.has_address or bool(one.addresses)
        if one.name:
            whole.names.add(one.name)
    return households


def _shared(
    claims: Mapping[str, Sequence[int]],
    households: Mapping[int, Household],
    by_address: Mapping[int, int],
) -> dict[str, str]:
    shared: dict[str, str] = {}
    for phone, ones in claims.items():
        claimants = [households[one] for one in {by_address[one] for one in ones}]
        if len(ones) > MOST_CLAIMS:
            shared[phone] = TOO_MANY
        elif any(_two_people(one, other) for one, other in combinations(claimants, 2)):
            shared[phone] = TWO_PEOPLE
    return shared


def _two_people(one: Household, other: Household) -> bool:
    """Two addresses, and no name of one could be short for a name of the other."""
    known = one.has_address and other.has_address and one.names and other.names
    return bool(known) and not any(a <= b or b <= a for a in one.names for b in other.names)
