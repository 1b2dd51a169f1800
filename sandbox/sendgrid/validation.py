"""What SendGrid refuses, with its words and the field it names.

From https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors and the limits of its
OpenAPI. Written apart from our sender's own preflight, so that the two can disagree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Body = dict[str, Any]
Error = tuple[str, str]  # what, and at which field

MOST_PEOPLE = 1000
MOST_SUBSTITUTED = 10_000
MOST_TOLD = 10_000
ADDRESS = re.compile(r"[^\s@<>\"(),:;\[\]\\]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
NOT_OURS = {
    "x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type",
    "content-transfer-encoding", "to", "from", "subject", "reply-to", "cc", "bcc",
}  # fmt: skip
KNOWN = {
    "personalizations", "from", "reply_to", "subject", "content", "tracking_settings", "headers",
    "categories", "custom_args", "mail_settings", "send_at", "batch_id", "asm", "ip_pool_name",
}  # fmt: skip


def errors(payload: Any) -> list[Error]:
    """Nothing where it would be taken."""
    if not isinstance(payload, dict):
        return [("Bad Request", "")]
    return [
        *(("Invalid field", name) for name in payload.keys() - KNOWN),
        *_address(payload.get("from"), "from"),
        *(_address(payload["reply_to"], "reply_to") if "reply_to" in payload else ()),
        *_content(payload.get("content")),
        *_group(payload.get("asm", {"group_id": 1})),
        *_people(payload),
    ]


def _group(asm: Any) -> Iterator[Error]:
    """ "Please make sure to only use integers" (docs, Suppression Groups)."""
    if not isinstance(asm, dict) or type(asm.get("group_id")) is not int:
        yield "The asm group_id must be an integer.", "asm.group_id"


def _people(payload: Body) -> Iterator[Error]:
    people = payload.get("personalizations")
    if not isinstance(people, list) or not people:
        yield "You must have at least one personalization.", "personalizations"
        return
    if len(people) > MOST_PEOPLE:
        yield "The personalization block is limited to 1000 personalizations.", "personalizations"
    seen: set[str] = set()
    for place, person in enumerate(people):
        where = f"personalizations.{place}"
        yield from _person(person, where)
        yield from _recipients(person, where, seen)
        if not _filled(person.get("subject")) and not _filled(payload.get("subject")):
            yield "The subject is required.", f"{where}.subject"


def _recipients(person: Body, where: str, seen: set[str]) -> Iterator[Error]:
    to = person.get("to")
    if not isinstance(to, list) or not to:
        yield "The to array is required for all personalization objects.", f"{where}.to"
        return
    for place, one in enumerate(to):
        yield from _address(one, f"{where}.to.{place}")
        if not isinstance(one, dict):
            continue
        if set(str(one.get("name") or "")) & {",", ";"}:
            yield "The name holds a comma or a semicolon.", f"{where}.to.{place}.name"
        address = str(one.get("email")).casefold()
        if address in seen:
            yield "Each email address should be unique between to, cc and bcc.", where
        seen.add(address)


def _person(person: Body, where: str) -> Iterator[Error]:
    for name, most in (("substitutions", MOST_SUBSTITUTED), ("custom_args", MOST_TOLD)):
        given = person.get(name, {})
        if not _texts(given):
            yield f"The {name} must be strings.", f"{where}.{name}"
        elif sum(len(k.encode()) + len(v.encode()) for k, v in given.items()) > most:
            yield f"The {name} may not exceed {most} bytes.", f"{where}.{name}"
    yield from _headers(person.get("headers", {}), f"{where}.headers")
    if "subject" in person and not _filled(person["subject"]):
        yield "The subject must be at least one character.", f"{where}.subject"
    if re.search(r"[\r\n]", str(person.get("subject"))):
        yield "The subject holds a line break.", f"{where}.subject"


def _headers(headers: Any, where: str) -> Iterator[Error]:
    if not _texts(headers):
        yield "The headers must be strings.", where
        return
    for name, value in headers.items():
        if name.casefold() in NOT_OURS:
            yield f"The header {name} cannot be overridden.", where
        if re.search(r"[\r\n]", name + value):
            yield f"The header {name} holds a line break.", where


def _content(content: Any) -> Iterator[Error]:
    if not isinstance(content, list) or not content:
        yield (
            "Unless a valid template_id is provided, the content parameter is required.",
            "content",
        )
        return
    kinds = [part.get("type") for part in content]
    if "text/plain" in kinds[1:]:
        yield "The text/plain content must come before text/html.", "content"
    for place, part in enumerate(content):
        if not _filled(part.get("value")):
            yield "The content value must be at least one character.", f"content.{place}.value"


def _address(mailbox: Any, where: str) -> Iterator[Error]:
    address = mailbox.get("email") if isinstance(mailbox, dict) else None
    if not isinstance(address, str) or not ADDRESS.fullmatch(address) or not address.isascii():
        yield "Does not contain a valid address.", f"{where}.email"
    name = mailbox.get("name") if isinstance(mailbox, dict) else None
    if re.search(r"[\r\n]", str(name)):
        yield "The name holds a line break.", f"{where}.name"


def _filled(text: Any) -> bool:
    return isinstance(text, str) and bool(text)


def _texts(table: Any) -> bool:
    return isinstance(table, dict) and all(isinstance(one, str) for one in table.values())
