"""How a conversation with a mail server begins: greeting, encryption, logging in."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from mail.senders.smtp.config import Smtp
from mail.senders.smtp.connection import WAITS, Conversation, Patience
from mail.senders.smtp.envelope import Offers
from mail.senders.smtp.reply_codes import Reply
from settings.errors import OutOfReach

GO_ON = 334
LET_IN = 235


def opened(
    words: Smtp, context: ssl.SSLContext | None, patience: Patience
) -> tuple[Conversation, Offers]:
    """A conversation in which mails may be told, and what the server offers in it."""
    line = Conversation(words.server, words.door, patience)
    with _closed_on_trouble(line):
        if words.secured == "tls":
            line.encrypt(context or ssl.create_default_context())
        _greeted(line)
        offers = _introduced(line)
        if words.secured == "starttls":
            offers = _encrypted(line, offers, context or ssl.create_default_context())
        if words.user is not None and words.password is not None:
            _log_in(line, offers, words.user, words.password.reveal())
    return line, offers


@contextmanager
def _closed_on_trouble(line: Conversation) -> Iterator[None]:
    try:
        yield
    except BaseException:
        line.close()
        raise


def _greeted(line: Conversation) -> None:
    reply = line.hear(line.patience.connect)
    if not reply.is_yes:
        raise OutOfReach(f"{line.name} turns us away: {reply}. {WAITS}")


def _introduced(line: Conversation) -> Offers:
    reply = line.asked(b"EHLO " + line.own_name + b"\r\n")
    if not reply.is_yes:
        raise OutOfReach(f"{line.name} does not take our EHLO: {reply}. {WAITS}")
    return offers_in(reply)


def offers_in(reply: Reply) -> Offers:
    """RFC 5321 §4.1.1.1: from the second line on, one extension a line."""
    told: dict[str, str] = {}
    for line in reply.lines[1:]:
        # Some servers of old say AUTH=LOGIN.
        name, _, rest = line.upper().replace("AUTH=", "AUTH ").partition(" ")
        told[name] = f"{told.get(name, '')} {rest}".strip()
    size = told.get("SIZE")
    return Offers(
        pipelining="PIPELINING" in told,
        utf8="SMTPUTF8" in told and "8BITMIME" in told,
        size=None if size is None else int(size) if size.isdecimal() else 0,
        logins=frozenset(told.get("AUTH", "").split()),
        starttls="STARTTLS" in told,
    )


def _encrypted(line: Conversation, offers: Offers, context: ssl.SSLContext) -> Offers:
    """RFC 3207 §4.2: what was offered before is forgotten, anybody may have said it."""
    reply = line.asked(b"STARTTLS\r\n") if offers.starttls else None
    if reply is None or not reply.is_yes:
        raise OutOfReach(
            f"{line.name} offers no STARTTLS, and nothing is sent in the open. Look at `port` and"
            f" `encryption` under smtp: tls is usual at port 465. {WAITS}"
        )
    line.encrypt(context)
    return _introduced(line)


def _log_in(line: Conversation, offers: Offers, user: str, password: str) -> None:
    if not line.encrypted and not line.on_this_machine:
        raise OutOfReach(
            f"{line.name} would hear the password in the open. Look at `encryption`. {WAITS}"
        )
    if "PLAIN" in offers.logins:
        reply = line.asked(b"AUTH PLAIN " + _coded(f"\0{user}\0{password}"))
    elif "LOGIN" in offers.logins:
        reply = _log_in_by_questions(line, user, password)
    else:
        raise OutOfReach(
            f"{line.name} lets nobody log in here with a user and a password. Look at `port` and"
            f" `encryption` under smtp, or take `user` and `password` away. {WAITS}"
        )
    if reply.code != LET_IN:
        _refuse_login(line, reply, (user, password))


def _log_in_by_questions(line: Conversation, user: str, password: str) -> Reply:
    reply = line.asked(b"AUTH LOGIN\r\n")
    for answer in (user, password):
        if reply.code == GO_ON:
            reply = line.asked(_coded(answer))
    return reply


def _coded(words: str) -> bytes:
    return base64.b64encode(words.encode()) + b"\r\n"


def _refuse_login(line: Conversation, reply: Reply, private: tuple[str, str]) -> None:
    said = str(reply)
    # A server may quote what it was told; none of that belongs into a log.
    if any(word in said or _coded(word).decode().strip() in said for word in private):
        said = str(reply.code)
    if reply.is_later:
        raise OutOfReach(f"{line.name} cannot let us in at the moment: {said}. {WAITS}")
    raise OutOfReach(
        f"{line.name} does not let us in: {said}. Look at `user` and `password` under smtp. {WAITS}"
    )
