"""Sends through SendGrid's `POST /v3/mail/send`.

Every request is noted before its first byte and after its answer, so whatever happens, the mails
of one request at most are in doubt. The first request of a delivery carries one mail alone: while
SendGrid fails, or the key is wrong, a run leaves one mail in doubt and not two hundred.
"""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx

from mail.message.headers import BadMail
from mail.message.mime import Mail
from mail.senders import journal
from mail.senders.journal import Journal
from mail.senders.protocol import Accepted, Outcome, Recalled, Refused
from mail.senders.sendgrid.batches import Request, alone, planned
from mail.senders.sendgrid.config import SendGrid
from mail.senders.sendgrid.preflight import LARGEST_REQUEST, Letter, looked_at
from mail.senders.sendgrid.responses import (
    Answer,
    Bad,
    SlowDown,
    Stop,
    Took,
    TooLarge,
    meaning,
    unanswered,
)
from settings.errors import OutOfReach

HOSTS = {"global": "https://api.sendgrid.com", "eu": "https://api.eu.sendgrid.com"}
PATH = "/v3/mail/send"
TIMEOUT = httpx.Timeout(60, connect=15, write=60)
# A connection that was idle may be closed at the other end at the very moment a request goes,
# and then nobody knows: rather a new one.
IDLE = 5.0
MOST_READ = 64 * 1024


class SendGridSender:
    """The shop's account at SendGrid."""

    name = "sendgrid"
    reaches_people = True

    def __init__(
        self,
        account: SendGrid,
        journals: Path,
        *,
        transport: httpx.BaseTransport | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._account = account
        self._journals = journals
        self._transport = transport
        self._patience = patience or Patience()
        self.address = account.address or HOSTS[account.region]

    @contextmanager
    def delivery(self, holder: str) -> Iterator[SendGridDelivery]:
        with (
            Journal(self._journals, holder) as notes,
            httpx.Client(
                base_url=self.address,
                headers={
                    "Authorization": f"Bearer {self._account.api_key.reveal()}",
                    "Content-Type": "application/json",
                    "User-Agent": "Regulars/0.1",
                },
                timeout=TIMEOUT,
                limits=httpx.Limits(max_connections=1, keepalive_expiry=IDLE),
                follow_redirects=False,
                transport=self._transport,
                # In the open nobody shows a certificate: none need be read to compare it with.
                verify=not self.address.startswith("http:"),
            ) as http,
        ):
            yield SendGridDelivery(http, notes, self._account, self._patience)

    def recall(self, cut_off: Mapping[str, str]) -> Recalled:
        return journal.recall(self._journals, cut_off)


@dataclass(frozen=True)
class Patience:
    """How long to wait when SendGrid asks for it; below the lease of a delivery elsewhere."""

    tries: int = 6
    in_all: float = 120.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time

    def pause(self, turn: int, until: float | None) -> float:
        if until is not None:
            # Its clock and ours may differ by a moment, and many shops wait for the same one.
            return max(0.0, until - self.clock()) + random.uniform(0.1, 1)  # noqa: S311  # a pause
        return random.uniform(0.5, 1) * 2.0 ** (turn - 1)  # noqa: S311  # a pause, no secret


@dataclass
class SendGridDelivery:
    """One delivery, over one connection."""

    _http: httpx.Client
    _notes: Journal
    _account: SendGrid
    _patience: Patience
    _proven: bool = False  # SendGrid has answered, and was well
    _waited: float = 0.0
    _taken: set[str] = field(default_factory=set)

    def send(self, mails: Sequence[Mail]) -> Iterator[Outcome]:
        """Everything that could go wrong on our side has gone wrong before the first request."""
        known: dict[str, Outcome] = {}
        waiting = deque(self._requests(mails, known))
        for mail in mails:
            while mail.message_id not in known:
                known.update(self._carry(waiting))
            yield known[mail.message_id]

    def settled(self) -> None:
        self._notes.settled()

    def _requests(self, mails: Sequence[Mail], known: dict[str, Outcome]) -> list[Request]:
        letters: list[Letter] = []
        for mail in mails:
            # A delivery never gives one mail twice, whoever asks it to.
            if mail.message_id in self._taken:
                known[mail.message_id] = Accepted(mail.message_id)
                continue
            try:
                letters.append(looked_at(mail, self._account.unsubscribe_group))
            except BadMail as bad:
                known[mail.message_id] = Refused(mail.message_id, str(bad))
        return self._in_order(letters)

    def _in_order(self, letters: Sequence[Letter]) -> list[Request]:
        first = 0 if self._proven else 1
        most = self._account.mails_per_request
        return [*(alone(one) for one in letters[:first]), *planned(letters[first:], most)]

    def _carry(self, waiting: deque[Request]) -> dict[str, Outcome]:
        """One request; where it has to be taken apart, its parts are next."""
        request = waiting.popleft()
        answer = self._insist(request)
        match answer:
            case Took():
                return {one: Accepted(one) for one in request.ids}
            case Bad() | TooLarge() if len(request.people) == 1:
                why = answer.why if isinstance(answer, Bad) else "it is larger than SendGrid takes"
                return {one: Refused(one, why) for one in request.ids}
            case Bad(named=named):
                waiting.extendleft(reversed(request.without(named)))
            case TooLarge():
                waiting.extendleft(reversed(request.halves()))
        return {}

    def _insist(self, request: Request) -> Took | Bad | TooLarge:
        """The answer, after as much waiting as SendGrid asks for."""
        for turn in count(1):
            answer = self._ask(request)
            if isinstance(answer, Stop):
                raise OutOfReach(told(answer))
            if not isinstance(answer, SlowDown):
                return answer
            self._wait(turn, answer)
        raise AssertionError("count() does not end")

    def _wait(self, turn: int, asked: SlowDown) -> None:
        pause = self._patience.pause(turn, asked.until)
        if turn == self._patience.tries or self._waited + pause > self._patience.in_all:
            raise OutOfReach(told(Stop("SendGrid asked us to slow down (status 429)")))
        self._waited += pause
        self._patience.sleep(pause)

    def _ask(self, request: Request) -> Answer:
        body = request.body()
        if len(body) >= LARGEST_REQUEST:
            return TooLarge()
        self._notes.going(request.ids)
        answer = self._answered(body)
        self._proven = self._proven or isinstance(answer, Took | Bad | TooLarge)
        if isinstance(answer, Took):
            self._notes.taken(request.ids)
            self._taken.update(request.ids)
        elif not (isinstance(answer, Stop) and answer.may_have):
            self._notes.not_taken(request.ids)
        return answer

    def _answered(self, body: bytes) -> Answer:
        try:
            with self._http.stream("POST", PATH, content=body) as response:
                said = _read(response)
                return meaning(response.status_code, response.headers, said, self._key)
        except Exception as error:  # noqa: BLE001  # whatever it is, the request may have arrived
            return unanswered(error)

    @property
    def _key(self) -> str:
        name = self._account.api_key.name
        return f"sending → sendgrid → api key{f' (${name})' if name else ''}"


def told(stop: Stop) -> str:
    rest = (
        "The mails of this request are in doubt, and those after it were not sent"
        if stop.may_have
        else "Nothing is lost"
    )
    return f"{stop.why}. {rest}. Run it again later."


def _read(response: httpx.Response) -> bytes:
    """As much of the body as came: the first line has said what counts."""
    body = bytearray()
    with suppress(httpx.HTTPError):
        for piece in response.iter_bytes():
            body += piece
            if len(body) > MOST_READ:
                break
    return bytes(body)
