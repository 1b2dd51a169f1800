"""Sends through SendGrid's `POST /v3/mail/send`.

Every request is noted in the journal before its first byte and after its response, so at most the
mails of one request are in doubt. The first request of a delivery has one mail: while SendGrid
fails, or the key is wrong, a run leaves one mail in doubt and not two hundred.
"""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from tenacity import RetryCallState, RetryError, Retrying, retry_if_result

from mail.message.headers import InvalidMailError
from mail.message.mime import Mail
from mail.senders import journal
from mail.senders.journal import Journal
from mail.senders.protocol import (
    UNCHECKED,
    Accepted,
    Outcome,
    RecallResult,
    Refused,
    SendCheck,
    Withheld,
)
from mail.senders.sendgrid.batches import SendRequest, plan_requests, single_request
from mail.senders.sendgrid.config import SendGrid
from mail.senders.sendgrid.preflight import MAX_REQUEST_BYTES, PreparedMail, preflight_mail
from mail.senders.sendgrid.responses import (
    DeliveryStopped,
    RateLimited,
    RequestAccepted,
    RequestRejected,
    RequestResult,
    RequestTooLarge,
    interpret_no_response,
    interpret_response,
)
from settings.errors import UnavailableError
from settings.http.bounded_transport import BoundedTransport
from settings.http.environment_proxy import environment_proxy
from settings.http.gzip_pieces import ACCEPT_ENCODING

HOSTS = {"global": "https://api.sendgrid.com", "eu": "https://api.eu.sendgrid.com"}
PATH = "/v3/mail/send"
TIMEOUT = httpx.Timeout(60, connect=15, write=60)
# An idle connection may be closed by the other side just as a request is sent, which leaves its
# mails in doubt: a new connection is safer.
KEEPALIVE_SECONDS = 5.0
MAX_RESPONSE_BYTES = 64 * 1024
MAX_SECONDS = 150.0  # for one request and its whole response; shorter than the lease of a delivery


class SendGridSender:
    """Sends through the shop's account at SendGrid."""

    name = "sendgrid"
    reaches_people = True

    def __init__(
        self,
        account: SendGrid,
        journals: Path,
        *,
        transport: httpx.BaseTransport | None = None,
        retry_policy: RetryPolicy | None = None,
    ) -> None:
        self._account = account
        self._journals = journals
        self._transport = transport
        self._retry_policy = retry_policy or RetryPolicy()
        self.address = account.address or HOSTS[account.region]

    @contextmanager
    def delivery(self, lease_owner: str) -> Iterator[SendGridDelivery]:
        """Opens the journal and the HTTP client."""
        with (
            Journal(self._journals, lease_owner) as delivery_journal,
            httpx.Client(
                base_url=self.address,
                headers={
                    "Authorization": f"Bearer {self._account.api_key.reveal()}",
                    "Content-Type": "application/json",
                    "User-Agent": "Regulars/0.1",
                    **ACCEPT_ENCODING,
                },
                timeout=TIMEOUT,
                follow_redirects=False,
                transport=BoundedTransport(
                    self._transport
                    or httpx.HTTPTransport(
                        limits=httpx.Limits(max_connections=1, keepalive_expiry=KEEPALIVE_SECONDS),
                        # Without TLS no certificates are loaded.
                        verify=not self.address.startswith("http:"),
                        proxy=environment_proxy(self.address),
                    ),
                    MAX_SECONDS,
                ),
            ) as http,
        ):
            yield SendGridDelivery(http, delivery_journal, self._account, self._retry_policy)

    def recall(self, leases: Mapping[str, str]) -> RecallResult:
        """Returns what the journals say about cut off messages."""
        return journal.recall_messages(self._journals, leases)


@dataclass(frozen=True)
class RetryPolicy:
    """Attempts and waiting times for rate limits; shorter than the lease of a delivery."""

    max_attempts: int = 6
    max_total_wait: float = 120.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time

    def pause(self, attempt: int, until: float | None) -> float:
        """Returns the seconds to wait after `attempt`: until the time SendGrid named (`until`),
        else exponential with jitter.
        """
        if until is not None:
            # Jitter: clocks differ, and many shops wait for the same time.
            return max(0.0, until - self.clock()) + random.uniform(0.1, 1)  # noqa: S311  # a pause
        return random.uniform(0.5, 1) * 2.0 ** (attempt - 1)  # noqa: S311  # a pause, no secret


@dataclass(frozen=True)
class RequestWithheld:
    """The last check did not permit these mails; nothing was requested."""

    message_ids: tuple[str, ...]


@dataclass
class SendGridDelivery:
    """One delivery, over one connection."""

    _http: httpx.Client
    _journal: Journal
    _account: SendGrid
    _retry_policy: RetryPolicy
    _is_responding: bool = False  # SendGrid has decided about a request
    _waited: float = 0.0
    _accepted: set[str] = field(default_factory=set)
    _check: SendCheck = UNCHECKED

    def send(self, mails: Sequence[Mail], check: SendCheck = UNCHECKED) -> Iterator[Outcome]:
        """Validates all `mails` before the first request, then yields an outcome for each, in their
        order. `check` is asked before each request; nothing can be called back from one that is
        under way.
        """
        self._check = check
        outcomes: dict[str, Outcome] = {}
        queue = deque(self._requests(mails, outcomes))
        for mail in mails:
            while mail.message_id not in outcomes:
                outcomes.update(self._send_next(queue))
            yield outcomes[mail.message_id]

    def outcomes_saved(self) -> None:
        self._journal.clear()

    def _requests(self, mails: Sequence[Mail], outcomes: dict[str, Outcome]) -> list[SendRequest]:
        prepared: list[PreparedMail] = []
        for mail in mails:
            # A delivery never sends a mail twice.
            if mail.message_id in self._accepted:
                outcomes[mail.message_id] = Accepted(mail.message_id)
                continue
            try:
                prepared.append(preflight_mail(mail, self._account.unsubscribe_group))
            except InvalidMailError as error:
                outcomes[mail.message_id] = Refused(mail.message_id, str(error))
        return self._plan(prepared)

    def _plan(self, mails: Sequence[PreparedMail]) -> list[SendRequest]:
        alone_count = 0 if self._is_responding else 1
        max_per_request = self._account.mails_per_request
        return [
            *(single_request(prepared) for prepared in mails[:alone_count]),
            *plan_requests(mails[alone_count:], max_per_request),
        ]

    def _send_next(self, queue: deque[SendRequest]) -> dict[str, Outcome]:
        """Sends one request; where it must be split, its parts come next in the queue."""
        request = queue.popleft()
        outcome = self._send_with_retries(request)
        match outcome:
            case RequestAccepted():
                return {message_id: Accepted(message_id) for message_id in request.message_ids}
            case RequestWithheld(message_ids=withheld):
                queue.extendleft(request.without(withheld))
                return {message_id: Withheld(message_id) for message_id in withheld}
            case RequestRejected() | RequestTooLarge() if len(request.recipients) == 1:
                reason = (
                    outcome.reason
                    if isinstance(outcome, RequestRejected)
                    else "it is larger than SendGrid takes"
                )
                return {
                    message_id: Refused(message_id, reason) for message_id in request.message_ids
                }
            case RequestRejected(positions=positions):
                queue.extendleft(reversed(request.isolate(positions)))
            case RequestTooLarge():
                queue.extendleft(reversed(request.split()))
        return {}

    def _send_with_retries(
        self, request: SendRequest
    ) -> RequestAccepted | RequestRejected | RequestTooLarge | RequestWithheld:
        """Retries rate-limited requests as the policy allows; raises UnavailableError."""
        retrying = Retrying(
            retry=retry_if_result(lambda outcome: isinstance(outcome, RateLimited)),
            wait=self._pause,
            stop=self._is_exhausted,
            before_sleep=self._count_wait,
            sleep=self._retry_policy.sleep,
        )
        try:
            outcome = retrying(self._send_request, request)
        except RetryError:
            stopped = DeliveryStopped("SendGrid asked us to slow down (status 429)")
            raise UnavailableError(stop_message(stopped)) from None
        if isinstance(outcome, DeliveryStopped):
            raise UnavailableError(stop_message(outcome))
        assert not isinstance(outcome, RateLimited)  # noqa: S101  # it is retried
        return outcome

    def _pause(self, state: RetryCallState) -> float:
        outcome = state.outcome.result() if state.outcome else None
        until = outcome.until if isinstance(outcome, RateLimited) else None
        return self._retry_policy.pause(state.attempt_number, until)

    def _is_exhausted(self, state: RetryCallState) -> bool:
        """The attempts are those of one request, the waiting time that of the whole delivery."""
        return (
            state.attempt_number >= self._retry_policy.max_attempts
            or self._waited + state.upcoming_sleep > self._retry_policy.max_total_wait
        )

    def _count_wait(self, state: RetryCallState) -> None:
        self._waited += state.upcoming_sleep

    def _send_request(self, request: SendRequest) -> RequestResult | RequestWithheld:
        permitted = set(self._check.permitted(request.message_ids))
        if withheld := tuple(set(request.message_ids) - permitted):
            return RequestWithheld(withheld)
        body = request.body()
        if len(body) >= MAX_REQUEST_BYTES:
            return RequestTooLarge()
        self._journal.note_sending(request.message_ids)
        outcome = self._post(body)
        self._is_responding = self._is_responding or isinstance(
            outcome, RequestAccepted | RequestRejected | RequestTooLarge
        )
        if isinstance(outcome, RequestAccepted):
            self._journal.note_accepted(request.message_ids)
            self._accepted.update(request.message_ids)
        elif not (isinstance(outcome, DeliveryStopped) and outcome.in_doubt):
            self._journal.note_rejected(request.message_ids)
        return outcome

    def _post(self, body: bytes) -> RequestResult:
        try:
            with self._http.stream("POST", PATH, content=body) as response:
                content = _read_body(response)
                return interpret_response(
                    response.status_code, response.headers, content, self._key
                )
        except Exception as error:  # noqa: BLE001  # after any error the request may have arrived
            return interpret_no_response(error)

    @property
    def _key(self) -> str:
        name = self._account.api_key.name
        return f"sending → sendgrid → api key{f' (${name})' if name else ''}"


def stop_message(stop: DeliveryStopped) -> str:
    """Returns the sentence for the owner."""
    consequence = (
        "The mails of this request are in doubt, and those after it were not sent"
        if stop.in_doubt
        else "Nothing is lost"
    )
    return f"{stop.reason}. {consequence}. Run it again later."


def _read_body(response: httpx.Response) -> bytes:
    """As much of the body as arrives: the status line already decides."""
    body = bytearray()
    with suppress(httpx.HTTPError):
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > MAX_RESPONSE_BYTES:
                break
    return bytes(body)
