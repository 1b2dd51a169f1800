"""Validates Mail Send payloads with SendGrid's error messages and field names.

From https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors and the limits of its
OpenAPI. Independent of the sender's preflight, so that tests can compare the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Body = dict[str, Any]
Error = tuple[str, str]  # message and field

MAX_PERSONALIZATIONS = 1000
MAX_SUBSTITUTION_BYTES = 10_000
MAX_CUSTOM_ARG_BYTES = 10_000
ADDRESS = re.compile(r"[^\s@<>\"(),:;\[\]\\]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
RESERVED_HEADERS = {
    "x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type",
    "content-transfer-encoding", "to", "from", "subject", "reply-to", "cc", "bcc",
}  # fmt: skip
KNOWN_FIELDS = {
    "personalizations", "from", "reply_to", "subject", "content", "tracking_settings", "headers",
    "categories", "custom_args", "mail_settings", "send_at", "batch_id", "asm", "ip_pool_name",
}  # fmt: skip


def find_errors(payload: Any) -> list[Error]:
    """Return the errors of `payload`, each a message and a field; none if it is accepted."""
    if not isinstance(payload, dict):
        return [("Bad Request", "")]
    return [
        *(("Invalid field", name) for name in payload.keys() - KNOWN_FIELDS),
        *_check_mailbox(payload.get("from"), "from"),
        *(_check_mailbox(payload["reply_to"], "reply_to") if "reply_to" in payload else ()),
        *_check_content(payload.get("content")),
        *_check_group(payload.get("asm", {"group_id": 1})),
        *_check_personalizations(payload),
    ]


def _check_group(asm: Any) -> Iterator[Error]:
    """ "Please make sure to only use integers" (docs, Suppression Groups)."""
    if not isinstance(asm, dict) or type(asm.get("group_id")) is not int:
        yield "The asm group_id must be an integer.", "asm.group_id"


def _check_personalizations(payload: Body) -> Iterator[Error]:
    personalizations = payload.get("personalizations")
    if not isinstance(personalizations, list) or not personalizations:
        yield "You must have at least one personalization.", "personalizations"
        return
    if len(personalizations) > MAX_PERSONALIZATIONS:
        yield "The personalization block is limited to 1000 personalizations.", "personalizations"
    seen: set[str] = set()
    for index, personalization in enumerate(personalizations):
        path = f"personalizations.{index}"
        yield from _check_personalization(personalization, path)
        yield from _check_recipients(personalization, path, seen)
        if not _is_filled_text(personalization.get("subject")) and not _is_filled_text(
            payload.get("subject")
        ):
            yield "The subject is required.", f"{path}.subject"


def _check_recipients(personalization: Body, path: str, seen: set[str]) -> Iterator[Error]:
    to = personalization.get("to")
    if not isinstance(to, list) or not to:
        yield "The to array is required for all personalization objects.", f"{path}.to"
        return
    for index, mailbox in enumerate(to):
        yield from _check_mailbox(mailbox, f"{path}.to.{index}")
        if not isinstance(mailbox, dict):
            continue
        if set(str(mailbox.get("name") or "")) & {",", ";"}:
            yield "The name holds a comma or a semicolon.", f"{path}.to.{index}.name"
        address = str(mailbox.get("email")).casefold()
        if address in seen:
            yield "Each email address should be unique between to, cc and bcc.", path
        seen.add(address)


def _check_personalization(personalization: Body, path: str) -> Iterator[Error]:
    for name, limit in (
        ("substitutions", MAX_SUBSTITUTION_BYTES),
        ("custom_args", MAX_CUSTOM_ARG_BYTES),
    ):
        texts = personalization.get(name, {})
        if not _is_text_mapping(texts):
            yield f"The {name} must be strings.", f"{path}.{name}"
        elif sum(len(k.encode()) + len(v.encode()) for k, v in texts.items()) > limit:
            yield f"The {name} may not exceed {limit} bytes.", f"{path}.{name}"
    yield from _check_headers(personalization.get("headers", {}), f"{path}.headers")
    if "subject" in personalization and not _is_filled_text(personalization["subject"]):
        yield "The subject must be at least one character.", f"{path}.subject"
    if re.search(r"[\r\n]", str(personalization.get("subject"))):
        yield "The subject holds a line break.", f"{path}.subject"


def _check_headers(headers: Any, path: str) -> Iterator[Error]:
    if not _is_text_mapping(headers):
        yield "The headers must be strings.", path
        return
    for name, value in headers.items():
        if name.casefold() in RESERVED_HEADERS:
            yield f"The header {name} cannot be overridden.", path
        if re.search(r"[\r\n]", name + value):
            yield f"The header {name} holds a line break.", path


def _check_content(content: Any) -> Iterator[Error]:
    if not isinstance(content, list) or not content:
        yield (
            "Unless a valid template_id is provided, the content parameter is required.",
            "content",
        )
        return
    kinds = [part.get("type") for part in content]
    if "text/plain" in kinds[1:]:
        yield "The text/plain content must come before text/html.", "content"
    for index, part in enumerate(content):
        if not _is_filled_text(part.get("value")):
            yield "The content value must be at least one character.", f"content.{index}.value"


def _check_mailbox(mailbox: Any, path: str) -> Iterator[Error]:
    address = mailbox.get("email") if isinstance(mailbox, dict) else None
    if not isinstance(address, str) or not ADDRESS.fullmatch(address) or not address.isascii():
        yield "Does not contain a valid address.", f"{path}.email"
    name = mailbox.get("name") if isinstance(mailbox, dict) else None
    if re.search(r"[\r\n]", str(name)):
        yield "The name holds a line break.", f"{path}.name"


def _is_filled_text(text: Any) -> bool:
    return isinstance(text, str) and bool(text)


def _is_text_mapping(mapping: Any) -> bool:
    return isinstance(mapping, dict) and all(isinstance(text, str) for text in mapping.values())
