"""Which mails travel together, and how a request is taken apart that SendGrid will not have."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from mail.senders.sendgrid import shared_template
from mail.senders.sendgrid.payload import encoded
from mail.senders.sendgrid.preflight import Letter
from mail.senders.sendgrid.shared_template import Skeleton, Values

Nonce = Callable[[], str]


@dataclass(frozen=True)
class Request:
    """Some letters that go in one request; none of them knows of the others."""

    skeleton: Skeleton
    people: tuple[tuple[Letter, Values], ...]

    @property
    def ids(self) -> list[str]:
        return [letter.mail.message_id for letter, _ in self.people]

    def body(self) -> bytes:
        return encoded(self.skeleton, self.people)

    def halves(self) -> list[Request]:
        middle = len(self.people) // 2
        return [self._only(range(middle)), self._only(range(middle, len(self.people)))]

    def without(self, named: Collection[int]) -> list[Request]:
        """The named ones each alone, the others together; halves where nobody is named."""
        known = [n for n in range(len(self.people)) if n in named]
        if not known:
            return self.halves()
        rest = [n for n in range(len(self.people)) if n not in named]
        return [*([self._only(rest)] if rest else []), *(self._only([n]) for n in known)]

    def _only(self, places: Sequence[int]) -> Request:
        """Who is alone needs no tags."""
        kept = tuple(self.people[n] for n in places)
        return alone(kept[0][0]) if len(kept) == 1 else Request(self.skeleton, kept)


def alone(letter: Letter) -> Request:
    return Request(shared_template.of(letter.mail), ((letter, {}),))


def chance() -> str:
    return secrets.token_hex(4)


def planned(letters: Sequence[Letter], most: int, nonce: Nonce = chance) -> list[Request]:
    """Requests for all of these, in the order of the first letter of each."""
    places = {letter.mail.message_id: place for place, letter in enumerate(letters)}
    found = [one for some in _alike(letters, most) for one in _together(some, nonce())]
    return sorted(found, key=lambda request: places[request.ids[0]])


def _alike(letters: Iterable[Letter], most: int) -> Iterator[list[Letter]]:
    """Letters of one shape, so many at a time, nobody's address twice among them."""
    shapes: dict[object, list[Letter]] = {}
    for letter in letters:
        # A request names one group for all of its mails, or none.
        shapes.setdefault((letter.group, shared_template.shape(letter.mail)), []).append(letter)
    for group in shapes.values():
        for once in _each_address_once(group):
            rest = iter(once)
            while some := list(islice(rest, most)):
                yield some


def _each_address_once(letters: Iterable[Letter]) -> list[list[Letter]]:
    """SendGrid refuses a request that names an address twice; upper case makes no other one."""
    rounds: list[list[Letter]] = []
    seen: dict[str, int] = {}
    for letter in letters:
        turn = seen.get(letter.to_address.casefold(), 0)
        seen[letter.to_address.casefold()] = turn + 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(letter)
    return rounds


def _together(letters: Sequence[Letter], nonce: str) -> list[Request]:
    skeleton, found = shared_template.shared([letter.mail for letter in letters], nonce)
    people = [
        (letter, values)
        for letter, values in zip(letters, found, strict=True)
        if values is not None
    ]
    others = [letter for letter, values in zip(letters, found, strict=True) if values is None]
    if len(people) < shared_template.FEWEST:
        return [alone(letter) for letter in letters]
    return [Request(skeleton, tuple(people)), *(alone(letter) for letter in others)]
