"""From the bytes of a mail to what it says; a stranger wrote them, so anything may be there."""

from __future__ import annotations

import hashlib
import re
from email import message_from_bytes
from email.message import Message

from mail.mailbox.bounces import is_worth_opening, reports
from mail.mailbox.headers import answered, is_automatic, plain, raw, sender, text, went_to
from mail.mailbox.report_types import Answer, Fact, Understood, Wish

LONGEST_SUBJECT = 200
LONGEST_KEY = 200
# mail.message.signed_links: version, who and which mail, signature.
TOKEN = re.compile(
    r"(?<![A-Za-z0-9_.-])\d\.[A-Za-z0-9_-]{1,300}\.[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])"
)
BEFORE = re.compile(r"^(?:\s*(?:re|fw|fwd|aw|wg|rv|enc|tr)\s*:)+\s*", re.IGNORECASE)
UNSUBSCRIBE = re.compile("unsubscribe", re.IGNORECASE)
NO_MORE = re.compile(
    r"(?:please )?unsubscribe(?: me)?(?:,? please)?[.!]*(?:\s*\d\..*)?", re.IGNORECASE
)


def understood(mail: bytes, *, only_for_noes: str | None = None) -> Understood:
    """What it says to us; `only_for_noes` is the address that is for unsubscribing alone."""
    try:
        return read(mail, only_for_noes)
    except Exception:  # noqa: BLE001 - one mail that trips the library must not keep back the others
        return Understood(key=digest(mail), sender=None, subject="", unreadable=True)


def needs_its_body(head: bytes) -> bool:
    """Whether the headers alone do not tell what a mail says."""
    try:
        return is_worth_opening(message_from_bytes(head))
    except Exception:  # noqa: BLE001 - as above; `understood` will say so
        return False


def read(mail: bytes, only_for_noes: str | None) -> Understood:
    """The same; raises where the library has no answer to what is written there."""
    message = message_from_bytes(mail)
    automatic = is_automatic(message)
    facts: list[Fact] = [*reports(message, mail)]
    if not facts:
        facts += _of_a_person(message, only_for_noes, automatic=automatic)
    return Understood(
        key=_key(message, mail),
        sender=sender(message),
        subject=plain(text(message, "Subject"), LONGEST_SUBJECT),
        facts=tuple(facts),
        automatic=automatic and not facts,
    )


def _of_a_person(message: Message, only_for_noes: str | None, *, automatic: bool) -> list[Fact]:
    if wish := _wish(message, only_for_noes, automatic=automatic):
        return [wish]
    thread = answered(message)
    return [Answer(thread)] if thread and not automatic else []


def _wish(message: Message, only_for_noes: str | None, *, automatic: bool) -> Wish | None:
    """With a token it counts even where a program wrote it: some services say no for people."""
    subject = text(message, "Subject")
    token = _token(subject)
    spelled = bool(NO_MORE.fullmatch(BEFORE.sub("", subject)))
    meant = only_for_noes is not None and went_to(message, only_for_noes)
    if token is None and (automatic or not (spelled or meant)):
        return None
    return Wish(token, answered(message), sender(message), spelled)


def _token(subject: str) -> str | None:
    """A long subject is folded on its way, and some programs leave a blank where they did."""
    joined = UNSUBSCRIBE.sub(" ", re.sub(r"\s", "", subject))
    found = TOKEN.search(subject) or TOKEN.search(joined)
    return found[0] if found else None


def _key(message: Message, mail: bytes) -> str:
    """Its own name; else a digest, which is the same however often it is read."""
    named = raw(message, "Message-ID")
    if named and len(named) <= LONGEST_KEY and named.isprintable():
        return named
    return digest(mail)


def digest(mail: bytes) -> str:
    return f"sha256:{hashlib.sha256(mail).hexdigest()}"
