"""Asks SendGrid whom it mails no more, and takes those off who want mail again.

By its OpenAPI for suppressions (github.com/twilio/sendgrid-oai, spec/json/
tsg_suppressions_v3.json): bounces, invalid addresses, spam reports and those who left everything
come in pages, from a moment on. Those who left a group are told with their dates only together
with all other groups, in one piece: without its date a no could not be held against a newer yes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from mail.senders.sendgrid.config import SendGrid
from mail.senders.sendgrid.responses import quoted
from mail.senders.sendgrid.sender import HOSTS, IDLE
from settings.errors import OutOfReach, OwnersFileTrouble, Trouble

PAGED = ("bounces", "invalid_emails", "spam_reports", "unsubscribes")
PAGE = 500  # "The maximum page size for this endpoint is 500 items per page."
MOST_PAGES = 2_000
MOST_READ = 64 * 1024 * 1024
TIMEOUT = httpx.Timeout(60, connect=15)
EARLIEST = datetime(2009, 1, 1, tzinfo=UTC)  # there was no SendGrid before
LONGEST_ADDRESS, LONGEST_DETAIL = 320, 500
AGAIN = "Nothing is lost. Run it again later."


@dataclass(frozen=True)
class Entry:
    """An address on a list, since when, and what was said of it."""

    address: str
    at: datetime
    detail: str | None = None
    status: str = ""


@dataclass(frozen=True)
class Page:
    """As many entries of a list as come at once; what is none of its kind is only counted."""

    entries: list[Entry]
    unreadable: int = 0


class Lists:
    """The lists of one account, over one connection."""

    def __init__(self, http: httpx.Client, account: SendGrid, group: int) -> None:
        self._http = http
        self._account = account
        self._group = group

    def check(self) -> None:
        """Who asks for a group that is not there would be told that nobody left it."""
        status, _ = self._ask("GET", f"/v3/asm/groups/{self._group}", may_miss=True)
        if status == 404:
            raise OwnersFileTrouble(
                f"SendGrid knows no unsubscribe group {self._group}. Look at its number there, "
                "and write it at sending → sendgrid → unsubscribe group."
            )

    def left(self) -> Page:
        """Who left the group."""
        found = _array(self._ask("GET", "/v3/asm/suppressions")[1])
        ours = [one for one in found if not _of_another(one, self._group)]
        return page(ours, "created_at")

    def since(self, name: str, start: datetime | None) -> Iterator[Page]:
        """What came onto a list from this moment on."""
        known: dict[str, int] = {"start_time": int(start.timestamp())} if start else {}
        before: list[Any] = []
        for number in range(MOST_PAGES):
            query = {**known, "limit": PAGE, "offset": number * PAGE}
            found = _array(self._ask("GET", f"/v3/suppression/{name}", query)[1])
            if found and found == before:
                break
            yield page(found, "created")
            if len(found) < PAGE:
                return
            before = found
        raise OutOfReach(f"SendGrid's list of {name} does not end. {AGAIN}")

    def mail_again(self, address: str) -> None:
        """Take it off the group's list; who is not on it stays off it."""
        path = f"/v3/asm/groups/{self._group}/suppressions/{quote(address, safe='')}"
        self._ask("DELETE", path, may_miss=True)

    def _ask(
        self, method: str, path: str, query: dict[str, int] | None = None, *, may_miss: bool = False
    ) -> tuple[int, bytes]:
        try:
            with self._http.stream(method, path, params=query) as response:
                body, status = _read(response), response.status_code
        except httpx.HTTPError as error:
            kind = type(error).__name__
            raise OutOfReach(f"SendGrid's lists cannot be read ({kind}). {AGAIN}") from None
        if not (200 <= status < 300 or (may_miss and status == 404)):
            raise self._refused(status, body)
        return status, body

    def _refused(self, status: int, body: bytes) -> Trouble:
        name = self._account.api_key.name
        key = f"sending → sendgrid → api key{f' (${name})' if name else ''}"
        if status == 401:
            return OwnersFileTrouble(f"SendGrid does not accept {key}. Look at it there.")
        if status == 403:
            return OwnersFileTrouble(
                f"SendGrid does not let {key} see who unsubscribed. "
                "Give the key Suppressions and Unsubscribe Groups there."
            )
        if status == 429:
            return OutOfReach(f"SendGrid asked us to slow down (status 429). {AGAIN}")
        return OutOfReach(
            f"SendGrid does not show its lists (status {status}{_why(body)}). {AGAIN}"
        )


@contextmanager
def lists_of(
    account: SendGrid, group: int, *, transport: httpx.BaseTransport | None = None
) -> Iterator[Lists]:
    with httpx.Client(
        base_url=account.address or HOSTS[account.region],
        headers={
            "Authorization": f"Bearer {account.api_key.reveal()}",
            "Accept": "application/json",
            "User-Agent": "Regulars/0.1",
        },
        timeout=TIMEOUT,
        limits=httpx.Limits(max_connections=1, keepalive_expiry=IDLE),
        follow_redirects=False,
        transport=transport,
    ) as http:
        yield Lists(http, account, group)


def page(found: list[Any], moment: str) -> Page:
    """What can be read of it; `moment` is what the list calls an entry's time."""
    entries = [entry for one in found if (entry := _entry(one, moment))]
    return Page(entries, len(found) - len(entries))


def _entry(one: Any, moment: str) -> Entry | None:
    if not isinstance(one, dict):
        return None
    address, at = one.get("email"), _moment(one.get(moment))
    if at is None or not isinstance(address, str) or len(address) > LONGEST_ADDRESS:
        return None
    if not re.fullmatch(r"[^\s@]+@[^\s@]+", address) or not address.isprintable():
        return None
    return Entry(address, at, _clean(one.get("reason")) or None, _clean(one.get("status")))


def _moment(stamp: Any) -> datetime | None:
    if isinstance(stamp, bool) or not isinstance(stamp, int | float):
        return None
    if not EARLIEST.timestamp() <= stamp < 2**33:
        return None
    return datetime.fromtimestamp(int(stamp), UTC)


def _of_another(one: Any, group: int) -> bool:
    return isinstance(one, dict) and one.get("group_id") != group


def _clean(said: Any) -> str:
    if not isinstance(said, str):
        return ""
    letters = said[:LONGEST_DETAIL]
    return "".join(letter if letter.isprintable() else " " for letter in letters).strip()


def _array(body: bytes) -> list[Any]:
    try:
        found: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, list):
        raise OutOfReach(f"SendGrid's list is none that can be read. {AGAIN}")
    return found


def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > MOST_READ:
            raise OutOfReach(f"SendGrid's list is larger than can be read. {AGAIN}")
    return bytes(body)


def _why(body: bytes) -> str:
    try:
        said: Any = orjson.loads(body)
        words = quoted(said["errors"][0]["message"])
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return ""
    return f": {words}" if words else ""
