"""Groups mails into requests, and splits requests that SendGrid rejects."""

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
    """Mails in one request; no recipient learns of another."""

    skeleton: Skeleton
    recipients: tuple[tuple[PreparedMail, Substitutions], ...]

    @property
    def message_ids(self) -> list[str]:
        """The ids of the messages in this request."""
        return [prepared.mail.message_id for prepared, _ in self.recipients]

    def body(self) -> bytes:
        """The request's JSON."""
        return encode_request(self.skeleton, self.recipients)

    def split(self) -> list[SendRequest]:
        """Returns two requests of half the recipients each."""
        middle = len(self.recipients) // 2
        return [self._subset(range(middle)), self._subset(range(middle, len(self.recipients)))]

    def isolate(self, positions: Collection[int]) -> list[SendRequest]:
        """Returns the mails at `positions` in requests of their own, and the others together;
        halves where no positions are known.
        """
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

    def without(self, message_ids: Collection[str]) -> list[SendRequest]:
        """Returns the request without `message_ids`; none where no mail is left."""
        ids = self.message_ids
        remaining = [position for position, id_ in enumerate(ids) if id_ not in message_ids]
        return [self._subset(remaining)] if remaining else []

    def _subset(self, positions: Sequence[int]) -> SendRequest:
        """A single mail needs no substitution tags."""
        recipients = tuple(self.recipients[position] for position in positions)
        return (
            single_request(recipients[0][0])
            if len(recipients) == 1
            else SendRequest(self.skeleton, recipients)
        )


def single_request(prepared: PreparedMail) -> SendRequest:
    """Returns a request with one mail."""
    return SendRequest(shared_template.skeleton_of(prepared.mail), ((prepared, {}),))


def random_nonce() -> str:
    """Returns a nonce for substitution tags."""
    return secrets.token_hex(4)


def plan_requests(
    mails: Sequence[PreparedMail], max_per_request: int, nonce: Nonce = random_nonce
) -> list[SendRequest]:
    """Returns requests for all `mails`, ordered by the first mail of each; `max_per_request` limits
    their size.
    """
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
    """Mails that can share a request, at most `max_per_request`, no address twice."""
    shapes: dict[object, list[PreparedMail]] = {}
    for prepared in mails:
        # A request has one unsubscribe group for all its mails, or none.
        shapes.setdefault((prepared.group, shared_template.sharing_key(prepared.mail)), []).append(
            prepared
        )
    for group in shapes.values():
        for distinct in _split_by_address(group):
            remaining = iter(distinct)
            while chunk := list(islice(remaining, max_per_request)):
                yield chunk


def _split_by_address(mails: Iterable[PreparedMail]) -> list[list[PreparedMail]]:
    """SendGrid rejects a request with an address twice, and compares case-insensitively."""
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
