"""Mails at an IMAP server: each is read once, and none is changed."""

from __future__ import annotations

import imaplib
import re
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from mail.mailbox.batches import AT_ONCE, LONGEST_HEAD, LONGEST_MAIL, Arrived, Batch
from mail.mailbox.config import Mailbox
from mail.mailbox.imap_client import Connect, Line, connected, visit
from mail.mailbox.parse import needs_its_body

FIRST_LOOK = timedelta(days=30)
HEAD = f"(UID INTERNALDATE BODY.PEEK[HEADER]<0.{LONGEST_HEAD}>)"
MAIL = f"(UID INTERNALDATE BODY.PEEK[]<0.{LONGEST_MAIL}>)"
UID = re.compile(rb"\bUID (\d{1,10})\b")
# strftime would write the month in the machine's own language.
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def batches_at(
    box: Mailbox, place: str | None, *, now: datetime, connect: Connect = connected
) -> Iterator[Batch]:
    """Those not read yet, in the order in which they came.

    The place is the folder's UIDVALIDITY and the last UID that was read: as long as the first is
    the same, a UID never means another mail (RFC 3501 §2.3.1.1).
    """
    with visit(box, connect) as line:
        validity = _validity(line)
        waiting = _waiting(line, _last(place, validity), now)
        for start in range(0, len(waiting), AT_ONCE):
            uids = waiting[start : start + AT_ONCE]
            yield Batch(_read(line, uids, now), f"{validity} {uids[-1]}")
            if time.monotonic() > line.until:
                return


def _validity(line: Line) -> str:
    found = line.response("UIDVALIDITY")[1]
    first = found[0] if found else None
    return first.decode("ascii", "replace") if isinstance(first, bytes) else "-"


def _last(place: str | None, validity: str) -> int | None:
    """None where nothing that was read before means anything today."""
    before, _, uid = (place or "").partition(" ")
    return int(uid) if before == validity != "-" and uid.isdecimal() else None


def _waiting(line: Line, last: int | None, now: datetime) -> list[int]:
    if last is None:
        day = now - FIRST_LOOK
        wanted = ("SINCE", f"{day.day:02}-{MONTHS[day.month - 1]}-{day.year}")
    else:
        wanted = ("UID", f"{last + 1}:*")
    data = _asked(line, "SEARCH", *wanted)
    words = [word for one in data if isinstance(one, bytes) for word in one.split()]
    # "7:*" is never empty: where there is none from 7 on, it is the last one before.
    return sorted({int(one) for one in words if one.isdigit() and int(one) > (last or 0)})


def _read(line: Line, uids: Sequence[int], now: datetime) -> tuple[Arrived, ...]:
    heads = _fetched(line, uids, HEAD, now)
    return tuple(
        _whole(line, uid, head, now) if needs_its_body(head.mail) else head
        for uid, head in sorted(heads.items())
    )


def _whole(line: Line, uid: int, head: Arrived, now: datetime) -> Arrived:
    return _fetched(line, [uid], MAIL, now).get(uid, head)


def _fetched(line: Line, uids: Sequence[int], what: str, now: datetime) -> dict[int, Arrived]:
    """Without those that were deleted meanwhile: a server may refuse a whole batch for one."""
    try:
        data = _asked(line, "FETCH", ",".join(map(str, uids)), what)
    except line.abort:
        raise
    except line.error:
        if len(uids) == 1:
            return {}
        each = [_fetched(line, [uid], what, now) for uid in uids]
        return {uid: mail for one in each for uid, mail in one.items()}
    wanted = set(uids)
    return {uid: mail for uid, mail in _told(data, now) if uid in wanted}


def _told(data: Sequence[Any], now: datetime) -> Iterator[tuple[int, Arrived]]:
    """imaplib gives a pair of what stands before a literal and the literal, then what follows."""
    for place, one in enumerate(data):
        if isinstance(one, tuple) and len(one) == 2:
            after = data[place + 1] if place + 1 < len(data) else b""
            about = bytes(one[0]) + (after if isinstance(after, bytes) else b"")
            if found := UID.search(about):
                yield int(found[1]), Arrived(bytes(one[1]), _moment(about, now))


def _moment(about: bytes, now: datetime) -> datetime:
    """When the server got it; never later than now, so that no clock gives a no a head start."""
    try:
        told = imaplib.Internaldate2tuple(about)
        return min(datetime.fromtimestamp(time.mktime(told), UTC), now) if told else now
    except (ValueError, KeyError, OverflowError):  # the 39th of Foo
        return now


def _asked(line: Line, command: str, *words: str) -> Sequence[Any]:
    line.heard = 0
    done, data = line.uid(command, *words)
    if done != "OK":
        raise line.error(f"{command} was refused: {data[0] if data else ''!r}")
    return data
