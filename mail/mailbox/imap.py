"""Reads mails from an IMAP server: each once, without changing any."""

from __future__ import annotations

import imaplib
import re
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from mail.mailbox.batches import (
    BATCH_SIZE,
    MAX_HEADER_BYTES,
    MAX_MAIL_BYTES,
    MAX_TEXT_BYTES,
    MailboxBatch,
    ReceivedMail,
)
from mail.mailbox.config import Mailbox
from mail.mailbox.imap_client import Connect, ImapConnection, mailbox_session, open_connection
from mail.mailbox.parse import needs_body, needs_text

INITIAL_PERIOD = timedelta(days=30)
FETCH_HEADERS = f"(UID INTERNALDATE BODY.PEEK[HEADER]<0.{MAX_HEADER_BYTES}>)"
FETCH_TEXT = f"(UID INTERNALDATE BODY.PEEK[]<0.{MAX_TEXT_BYTES}>)"
FETCH_MAIL = f"(UID INTERNALDATE BODY.PEEK[]<0.{MAX_MAIL_BYTES}>)"
UID = re.compile(rb"\bUID (\d{1,10})\b")
# strftime would use the machine's locale.
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def imap_batches(
    mailbox: Mailbox, cursor: str | None, *, now: datetime, connect: Connect = open_connection
) -> Iterator[MailboxBatch]:
    """Yields the unread mails of `mailbox` in the order in which they arrived.

    The cursor is the folder's UIDVALIDITY and the last UID that was read: as long as the first is
    the same, a UID never means another mail (RFC 3501 §2.3.1.1). Without a valid `cursor` the last
    30 days are read. Raises UnavailableError.
    """
    with mailbox_session(mailbox, connect) as connection:
        validity = _uid_validity(connection)
        unread = _unread_uids(connection, _last_uid(cursor, validity), now)
        for start in range(0, len(unread), BATCH_SIZE):
            uids = unread[start : start + BATCH_SIZE]
            yield MailboxBatch(_read_mails(connection, uids, now), f"{validity} {uids[-1]}")
            if time.monotonic() > connection.deadline:
                return


def _uid_validity(connection: ImapConnection) -> str:
    responses = connection.response("UIDVALIDITY")[1]
    first = responses[0] if responses else None
    return first.decode("ascii", "replace") if isinstance(first, bytes) else "-"


def _last_uid(cursor: str | None, validity: str) -> int | None:
    """The last UID that was read; None where the cursor is of another UIDVALIDITY."""
    validity_then, _, uid = (cursor or "").partition(" ")
    return int(uid) if validity_then == validity != "-" and uid.isdecimal() else None


def _unread_uids(connection: ImapConnection, last_uid: int | None, now: datetime) -> list[int]:
    if last_uid is None:
        day = now - INITIAL_PERIOD
        criteria = ("SINCE", f"{day.day:02}-{MONTHS[day.month - 1]}-{day.year}")
    else:
        criteria = ("UID", f"{last_uid + 1}:*")
    response = _uid_command(connection, "SEARCH", *criteria)
    tokens = [part for token in response if isinstance(token, bytes) for part in token.split()]
    # "7:*" is never empty: without a UID from 7 on, it matches the last one.
    return sorted(
        {int(token) for token in tokens if token.isdigit() and int(token) > (last_uid or 0)}
    )


def _read_mails(
    connection: ImapConnection, uids: Sequence[int], now: datetime
) -> tuple[ReceivedMail, ...]:
    headers = _fetch(connection, uids, FETCH_HEADERS, now)
    personal = [uid for uid, mail in headers.items() if _is_personal(mail)]
    texts = _fetch(connection, personal, FETCH_TEXT, now) if personal else {}
    mails = {uid: _longer(mail, texts.get(uid)) for uid, mail in sorted(headers.items())}
    return tuple(
        _fetch_full_mail(connection, uid, mail, now) if needs_body(mail.content) else mail
        for uid, mail in mails.items()
    )


def _is_personal(mail: ReceivedMail) -> bool:
    return needs_text(mail.content) and not needs_body(mail.content)


def _longer(headers: ReceivedMail, mail: ReceivedMail | None) -> ReceivedMail:
    """Headers that are longer than what is read of a person's mail are kept."""
    return mail if mail and len(mail.content) > len(headers.content) else headers


def _fetch_full_mail(
    connection: ImapConnection, uid: int, headers: ReceivedMail, now: datetime
) -> ReceivedMail:
    return _fetch(connection, [uid], FETCH_MAIL, now).get(uid, headers)


def _fetch(
    connection: ImapConnection, uids: Sequence[int], items: str, now: datetime
) -> dict[int, ReceivedMail]:
    """By UID. Mails deleted meanwhile are left out: a server may refuse a whole batch for one."""
    try:
        response = _uid_command(connection, "FETCH", ",".join(map(str, uids)), items)
    except connection.abort:
        raise
    except connection.error:
        if len(uids) == 1:
            return {}
        fetched = [_fetch(connection, [uid], items, now) for uid in uids]
        return {uid: mail for mails in fetched for uid, mail in mails.items()}
    requested = set(uids)
    return {uid: mail for uid, mail in _parse_fetch(response, now) if uid in requested}


def _parse_fetch(response: Sequence[Any], now: datetime) -> Iterator[tuple[int, ReceivedMail]]:
    """imaplib returns pairs of what precedes a literal and the literal, then what follows it."""
    for index, part in enumerate(response):
        if isinstance(part, tuple) and len(part) == 2:
            trailer = response[index + 1] if index + 1 < len(response) else b""
            description = bytes(part[0]) + (trailer if isinstance(trailer, bytes) else b"")
            if match := UID.search(description):
                yield int(match[1]), ReceivedMail(bytes(part[1]), _received_at(description, now))


def _received_at(description: bytes, now: datetime) -> datetime:
    """When the server received it; never later than now, so that no clock antedates an opt-out."""
    try:
        parsed = imaplib.Internaldate2tuple(description)
        return min(datetime.fromtimestamp(time.mktime(parsed), UTC), now) if parsed else now
    except (ValueError, KeyError, OverflowError):  # an invalid date
        return now


def _uid_command(connection: ImapConnection, command: str, *arguments: str) -> Sequence[Any]:
    connection.response_bytes = 0
    status, response = connection.uid(command, *arguments)
    if status != "OK":
        raise connection.error(f"{command} was refused: {response[0] if response else ''!r}")
    return response
