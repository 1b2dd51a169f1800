"""Which mails travel together, and how a request is taken apart that SendGrid will not have."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from mail.senders.sendgrid import shared_template
from mail.senders.sendgrid.payload import encode_request
from mail.senders.sendgrid.preflight import PreparedMail
from mail.senders.sendgrid.shared_template import Skeleton, Substitutions

Nonce = Callable[[], str]


@dataclass(frozen=True)
class SendRequest:
    """Some letters that go in one request; none of them knows of the others."""

    skeleton: Skeleton
    recipients: tuple[tuple[PreparedMail, Substitutions], ...]

    @property
    def message_ids(self) -> list[str]:
        return [prepared.mail.message_id for prepared, _ in self.recipients]

    def body(self) -> bytes:
        return encode_request(self.skeleton, self.recipients)

    def split(self) -> list[SendRequest]:
        middle = len(self.recipients) // 2
        return [self._subset(range(middle)), self._subset(range(middle, len(self.recipients)))]

    def isolate(self, positions: Collection[int]) -> list[SendRequest]:
        """The named ones each alone, the others together; halves where nobody is named."""
        isolated = [position for position in range(len(self.recipients)) if position in positions]
        if not isolated:
            return self.split()
        remaining = [
            position for position in range(len(self.recipients)) if position not in positions
        ]
        return [
            *([self._subset(remaining)] if remaining else []),
            *(self._subset([position]) for position in isolated),
        ]

    def _subset(self, positions: Sequence[int]) -> SendRequest:
        """Who is alone needs no tags."""
        recipients = tuple(self.recipients[position] for position in positions)
        return (
            single_request(recipients[0][0])
            if len(recipients) == 1
            else SendRequest(self.skeleton, recipients)
        )


def single_request(prepared: PreparedMail) -> SendRequest:
    return SendRequest(shared_template.skeleton_of(prepared.mail), ((prepared, {}),))


def random_nonce() -> str:
    return secrets.token_hex(4)


def plan_requests(
    mails: Sequence[PreparedMail], max_per_request: int, nonce: Nonce = random_nonce
) -> list[SendRequest]:
    """Requests for all of these, in the order of the first letter of each."""
    order = {prepared.mail.message_id: position for position, prepared in enumerate(mails)}
    requests = [
        planned
        for group in _similar_mails(mails, max_per_request)
        for planned in _shared_requests(group, nonce())
    ]
    return sorted(requests, key=lambda request: order[request.message_ids[0]])


def _similar_mails(
    mails: Iterable[PreparedMail], max_per_request: int
) -> Iterator[list[PreparedMail]]:
    """Letters of one shape, so many at a time, nobody's address twice among them."""
    shapes: dict[object, list[PreparedMail]] = {}
    for prepared in mails:
        # A request names one group for all of its mails, or none.
        shapes.setdefault((prepared.group, shared_template.sharing_key(prepared.mail)), []).append(
            prepared
        )
    for group in shapes.values():
        for distinct in _split_by_address(group):
            remaining = iter(distinct)
            while chunk := list(islice(remaining, max_per_request)):
                yield chunk


def _split_by_address(mails: Iterable[PreparedMail]) -> list[list[PreparedMail]]:
    """SendGrid refuses a request that names an address twice; upper case makes no other one."""
    rounds: list[list[PreparedMail]] = []
    seen: dict[str, int] = {}
    for prepared in mails:
        round_number = seen.get(prepared.to_address.casefold(), 0)
        seen[prepared.to_address.casefold()] = round_number + 1
        if round_number == len(rounds):
            rounds.append([])
        rounds[round_number].append(prepared)
    return rounds


def _shared_requests(mails: Sequence[PreparedMail], nonce: str) -> list[SendRequest]:
    skeleton, substitutions = shared_template.shared_skeleton(
        [prepared.mail for prepared in mails], nonce
    )
    recipients = [
        (prepared, values)
        for prepared, values in zip(mails, substitutions, strict=True)
        if values is not None
    ]
    unshared = [
        prepared for prepared, values in zip(mails, substitutions, strict=True) if values is None
    ]
    if len(recipients) < shared_template.MIN_SHARED_MAILS:
        return [single_request(prepared) for prepared in mails]
    return [
        SendRequest(skeleton, tuple(recipients)),
        *(single_request(prepared) for prepared in unshared),
    ]
