"""Reads SendGrid's suppression lists, and removes addresses from them.

By its OpenAPI (github.com/twilio/sendgrid-oai, spec/json/tsg_suppressions_v3.json): bounces,
invalid addresses, spam reports and global unsubscribes come in pages, from a time on. Members of an
unsubscribe group come with their dates only in one response with all groups; without its date an
opt-out cannot be compared with a newer opt-in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from mail.failures.classify import classify_failure
from mail.senders.sendgrid.config import SendGrid
from mail.senders.sendgrid.responses import quote_redacted
from mail.senders.sendgrid.sender import HOSTS, KEEPALIVE_SECONDS
from mail.senders.suppressions import SuppressionEntry, SuppressionPage
from settings.errors import OwnerFileError, RegularsError, UnavailableError
from settings.http.bounded_transport import BoundedTransport
from settings.http.environment_proxy import environment_proxy
from settings.http.gzip_pieces import ACCEPT_ENCODING
from shop.consent.failure_reasons import FailureReason
from shop.consent.suppressions import EventKind

BOUNCES = "bounces"
PAGED_LISTS: Mapping[str, EventKind] = {
    BOUNCES: EventKind.BOUNCED,
    "invalid_emails": EventKind.BOUNCED,
    "spam_reports": EventKind.COMPLAINED,
    "unsubscribes": EventKind.UNSUBSCRIBED,
}
PAGE_SIZE = 500  # "The maximum page size for this endpoint is 500 items per page."
MAX_PAGES = 2_000
MAX_RESPONSE_BYTES = 64 * 1024 * 1024
MAX_SECONDS = 180.0  # for one request and its whole response
TIMEOUT = httpx.Timeout(60, connect=15)
EARLIEST = datetime(2009, 1, 1, tzinfo=UTC)  # SendGrid was founded in 2009
MAX_ADDRESS, MAX_DETAIL = 320, 500
RETRY_HINT = "Nothing is lost. Run it again later."


class SendGridSuppressions:
    """A `mail.senders.suppressions.SuppressionLists` of one account and unsubscribe group."""

    def __init__(self, http: httpx.Client, account: SendGrid, group: int) -> None:
        self._http = http
        self._account = account
        self._group = group

    @property
    def list_names(self) -> Sequence[str]:
        return tuple(PAGED_LISTS)

    @property
    def scope(self) -> str:
        return f"group {self._group}"

    def check(self) -> None:
        """Raises OwnerFileError without such a group: its list would look empty."""
        status, _ = self._request("GET", f"/v3/asm/groups/{self._group}", missing_ok=True)
        if status == 404:
            raise OwnerFileError(
                f"SendGrid knows no unsubscribe group {self._group}. Look at its number there, "
                "and write it at sending → sendgrid → unsubscribe group."
            )

    def unsubscribed(self) -> SuppressionPage:
        """Returns the members of the group."""
        members = _parse_array(self._request("GET", "/v3/asm/suppressions")[1])
        group_members = [
            member for member in members if not _is_in_other_group(member, self._group)
        ]
        return parse_page(group_members, "created_at", EventKind.UNSUBSCRIBED)

    def entries_since(self, name: str, start: datetime | None) -> Iterator[SuppressionPage]:
        """Yields the entries of the list `name` from `start` on, in pages."""
        filters: dict[str, int] = {"start_time": int(start.timestamp())} if start else {}
        previous: list[Any] = []
        for number in range(MAX_PAGES):
            query = {**filters, "limit": PAGE_SIZE, "offset": number * PAGE_SIZE}
            rows = _parse_array(self._request("GET", f"/v3/suppression/{name}", query)[1])
            if rows and rows == previous:
                break
            yield parse_page(rows, "created", PAGED_LISTS[name], may_be_soft=name == BOUNCES)
            if len(rows) < PAGE_SIZE:
                return
            previous = rows
        raise UnavailableError(f"SendGrid's list of {name} does not end. {RETRY_HINT}")

    def resubscribe(self, address: str) -> None:
        """Removes `address` from the group; no error where it is not a member."""
        path = f"/v3/asm/groups/{self._group}/suppressions/{quote(address, safe='')}"
        self._request("DELETE", path, missing_ok=True)

    def _request(
        self,
        method: str,
        path: str,
        query: dict[str, int] | None = None,
        *,
        missing_ok: bool = False,
    ) -> tuple[int, bytes]:
        try:
            with self._http.stream(method, path, params=query) as response:
                body, status = _read_body(response), response.status_code
        except httpx.HTTPError as error:
            kind = type(error).__name__
            raise UnavailableError(
                f"SendGrid's lists cannot be read ({kind}). {RETRY_HINT}"
            ) from None
        if not (200 <= status < 300 or (missing_ok and status == 404)):
            raise self._response_error(status, body)
        return status, body

    def _response_error(self, status: int, body: bytes) -> RegularsError:
        name = self._account.api_key.name
        key = f"sending → sendgrid → api key{f' (${name})' if name else ''}"
        if status == 401:
            return OwnerFileError(f"SendGrid does not accept {key}. Look at it there.")
        if status == 403:
            return OwnerFileError(
                f"SendGrid does not let {key} see who unsubscribed. "
                "Give the key Suppressions and Unsubscribe Groups there."
            )
        if status == 429:
            return UnavailableError(f"SendGrid asked us to slow down (status 429). {RETRY_HINT}")
        return UnavailableError(
            f"SendGrid does not show its lists (status {status}{_error_note(body)}). {RETRY_HINT}"
        )


@contextmanager
def open_suppression_lists(
    account: SendGrid, group: int, *, transport: httpx.BaseTransport | None = None
) -> Iterator[SendGridSuppressions]:
    """Opens the lists of `account` and its unsubscribe `group`; `transport` is for tests."""
    address = account.address or HOSTS[account.region]
    with httpx.Client(
        base_url=address,
        headers={
            "Authorization": f"Bearer {account.api_key.reveal()}",
            "Accept": "application/json",
            "User-Agent": "Regulars/0.1",
            **ACCEPT_ENCODING,
        },
        timeout=TIMEOUT,
        follow_redirects=False,
        transport=BoundedTransport(
            transport
            or httpx.HTTPTransport(
                limits=httpx.Limits(max_connections=1, keepalive_expiry=KEEPALIVE_SECONDS),
                proxy=environment_proxy(address),
            ),
            MAX_SECONDS,
        ),
    ) as http:
        yield SendGridSuppressions(http, account, group)


def parse_page(
    rows: list[Any], time_field: str, kind: EventKind, *, may_be_soft: bool = False
) -> SuppressionPage:
    """The readable entries of `rows`; `time_field` is the list's name for an entry's time.

    `kind` is what an entry of this list means. With `may_be_soft`, the mail server's answer decides
    where it says why; an invalid address stays invalid, whatever number its reason begins with.
    """
    parsed = (_parse_entry(row, time_field, kind, may_be_soft=may_be_soft) for row in rows)
    entries = [entry for entry in parsed if entry]
    return SuppressionPage(entries, len(rows) - len(entries))


def _parse_entry(
    row: Any, time_field: str, kind: EventKind, *, may_be_soft: bool
) -> SuppressionEntry | None:
    if not isinstance(row, dict):
        return None
    address, suppressed_at = row.get("email"), _parse_timestamp(row.get(time_field))
    if suppressed_at is None or not isinstance(address, str) or len(address) > MAX_ADDRESS:
        return None
    if not re.fullmatch(r"[^\s@]+@[^\s@]+", address) or not address.isprintable():
        return None
    detail, status = _clean_text(row.get("reason")) or None, _clean_text(row.get("status"))
    if may_be_soft:
        failure = classify_failure(detail or "", status)
        if failure.reason is not FailureReason.UNKNOWN or not failure.permanent:
            return SuppressionEntry(address, suppressed_at, failure.kind, detail, failure.reason)
    return SuppressionEntry(address, suppressed_at, kind, detail)


def _parse_timestamp(stamp: Any) -> datetime | None:
    if isinstance(stamp, bool) or not isinstance(stamp, int | float):
        return None
    if not EARLIEST.timestamp() <= stamp < 2**33:
        return None
    return datetime.fromtimestamp(int(stamp), UTC)


def _is_in_other_group(row: Any, group: int) -> bool:
    return isinstance(row, dict) and row.get("group_id") != group


def _clean_text(text: Any) -> str:
    if not isinstance(text, str):
        return ""
    shortened = text[:MAX_DETAIL]
    return "".join(character if character.isprintable() else " " for character in shortened).strip()


def _parse_array(body: bytes) -> list[Any]:
    try:
        rows: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        rows = None
    if not isinstance(rows, list):
        raise UnavailableError(f"SendGrid's list is none that can be read. {RETRY_HINT}")
    return rows


def _read_body(response: httpx.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_RESPONSE_BYTES:
            raise UnavailableError(f"SendGrid's list is larger than can be read. {RETRY_HINT}")
    return bytes(body)


def _error_note(body: bytes) -> str:
    try:
        payload: Any = orjson.loads(body)
        note = quote_redacted(payload["errors"][0]["message"])
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return ""
    return f": {note}" if note else ""
