"""Which identities are one person, computed from their contacts independent of order."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

# A number with more claims is a shop's own, or was typed to fill a field.
MAX_CLAIMS = 20
TOO_MANY = f"more than {MAX_CLAIMS} records claim it"
TWO_PEOPLE = "claimed under two names and two e-mail addresses"

NameWords = frozenset[str]


@dataclass(frozen=True)
class IdentityContacts:
    """The name of an identity, and every address and number it ever had."""

    id: int
    name: NameWords
    addresses: frozenset[str]
    phones: frozenset[str]


@dataclass(frozen=True)
class MatchResult:
    """The people behind some identities."""

    people: Sequence[Sequence[int]]  # the identities of each
    by_address: Mapping[int, int]  # the representative of the household, by identity
    shared: Mapping[str, str]  # numbers that join no identities, and why


def match_identities(identities: Sequence[IdentityContacts]) -> MatchResult:
    """Groups `identities` into people: a shared address or a shared number is one person.

    1. Identities with a common e-mail address are joined; each group is a household.
    2. A number that two households of different people claim, or too many identities, is set aside.
    3. Identities with a common number of the remaining ones are joined.
    """
    groups = UnionFind(identity.id for identity in identities)
    groups.join_claims(
        (address, identity.id) for identity in identities for address in identity.addresses
    )
    by_address = {identity.id: groups.find(identity.id) for identity in identities}
    claims = _claims_by_phone(identities)
    shared = _shared_phones(claims, _households_by_root(identities, by_address), by_address)
    groups.join_claims(
        (phone, identity)
        for phone, claimants in claims.items()
        if phone not in shared
        for identity in claimants
    )
    people: dict[int, list[int]] = defaultdict(list)
    for identity in sorted(by_address):
        people[groups.find(identity)].append(identity)
    return MatchResult(list(people.values()), by_address, shared)


def normalized_name(first: str | None, last: str | None) -> NameWords:
    """The words of a name without accents and case: enough to tell two people apart."""
    folded = unicodedata.normalize("NFKD", f"{first or ''} {last or ''}".casefold())
    return frozenset(
        "".join(character for character in folded if not unicodedata.combining(character)).split()
    )


class UnionFind:
    """Disjoint sets of ids; the smallest id represents its set, in any order of joins."""

    def __init__(self, ids: Iterable[int]) -> None:
        self._parents = {element: element for element in ids}

    def find(self, element: int) -> int:
        """Returns the representative of the set of `element`, shortening the path to it."""
        while self._parents[element] != element:
            self._parents[element] = self._parents[self._parents[element]]
            element = self._parents[element]
        return element

    def join_claims(self, claims: Iterable[tuple[str, int]]) -> None:
        """Joins all ids that `claims`, pairs of key and id, give one key."""
        first_claimant: dict[str, int] = {}
        for key, element in claims:
            left_root, right_root = (
                self.find(first_claimant.setdefault(key, element)),
                self.find(element),
            )
            self._parents[max(left_root, right_root)] = min(left_root, right_root)


@dataclass
class Household:
    """The identities that e-mail addresses join, as one claimant of a number."""

    names: set[NameWords]
    has_address: bool


def _claims_by_phone(identities: Iterable[IdentityContacts]) -> dict[str, list[int]]:
    claims: dict[str, list[int]] = defaultdict(list)
    for identity in identities:
        for phone in identity.phones:
            claims[phone].append(identity.id)
    return claims


def _households_by_root(
    identities: Iterable[IdentityContacts], by_address: Mapping[int, int]
) -> dict[int, Household]:
    households: dict[int, Household] = {}
    for identity in identities:
        household = households.setdefault(
            by_address[identity.id], Household(set(), has_address=False)
        )
        household.has_address = household.has_address or bool(identity.addresses)
        if identity.name:
            household.names.add(identity.name)
    return households


def _shared_phones(
    claims: Mapping[str, Sequence[int]],
    households: Mapping[int, Household],
    by_address: Mapping[int, int],
) -> dict[str, str]:
    shared: dict[str, str] = {}
    for phone, claimant_ids in claims.items():
        claimants = [
            households[identity_id]
            for identity_id in {by_address[identity_id] for identity_id in claimant_ids}
        ]
        if len(claimant_ids) > MAX_CLAIMS:
            shared[phone] = TOO_MANY
        elif any(
            _two_people(identity_id, other) for identity_id, other in combinations(claimants, 2)
        ):
            shared[phone] = TWO_PEOPLE
    return shared


def _two_people(household: Household, other: Household) -> bool:
    """Both have addresses, and no name of one could be short for a name of the other."""
    comparable = household.has_address and other.has_address and household.names and other.names
    return bool(comparable) and not any(
        name <= other_name or other_name <= name
        for name in household.names
        for other_name in other.names
    )
