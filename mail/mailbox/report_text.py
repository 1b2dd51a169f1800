"""The words of a report: what the mail server explains, without the mail that it returns."""

from __future__ import annotations

import html
import re
from email.errors import MessageError
from email.message import Message

MAX_ANSWERS = 30
# What the report quotes of our mail: its subject is no reason.
QUOTED_HEADER = re.compile(
    r"^\W*(?:subject|to|cc|from|sent|date|betreff|an|von|gesendet|datum|objet|asunto|assunto|oggetto"
    r"|message-?id)\s*:.*$",
    re.IGNORECASE | re.MULTILINE,
)
# Below these lines many servers append the returned mail: its text is not the server's.
RETURNED_COPY = re.compile(
    r"^[-=_*> ]{0,12}(?:-{3,}.{0,60}(?:copy of|returned|original|unsent|message text|header)"
    r"|(?:the )?(?:headers? of the )?(?:original|returned|unsent|undelivered) (?:message|e?-?mail)"
    r"|(?:message|mail) headers? (?:follow|of)|below (?:this line )?is (?:a copy|the)"
    r"|included is a copy|unsent message follows|your (?:original )?message (?:follows|reads)"
    r"|(?:return-path|received|message-id|dkim-signature|arc-seal|mime-version|x-mailer):[ \t]*\S)"
    r".*$",
    re.IGNORECASE | re.MULTILINE,
)
TAGS = re.compile(r"<(?:style|script|head)\b.*?</(?:style|script|head)>|<!--.*?-->", re.S | re.I)
BLOCK_TAGS = re.compile(r"</?(?:p|div|br|tr|li|ul|h\d|table|title|pre)\b[^>]*>", re.IGNORECASE)
# Not <ana@example.com>, which servers write unescaped.
ANY_TAG = re.compile(r"</?[a-z][a-z0-9]*(?:\s[^<>]*)?/?>", re.IGNORECASE)
# A reply of a mail server: "550 ", "550-", "#5.1.1", "said:", or one of a report's own fields.
ANSWER = re.compile(
    r"(?:^|[\s:;(<>'\"\[#])[45][0-5]\d(?:[ \-]|\b.{0,4}[45]\.\d)|[45]\.\d{1,3}\.\d{1,3}\b|\bsaid:"
    r"|^\s*(?:diagnostic-code|reason|error|fehler|grund)\b",
    re.IGNORECASE,
)


def decoded_text(part: Message) -> str:
    """Returns the text of `part`; empty where it has none."""
    if part.get_content_maintype() not in ("text", "message") or part.is_multipart():
        return ""
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, MessageError):
        return ""
    if not isinstance(payload, bytes):
        return ""
    return _decode(payload, part.get_content_charset()).replace("\r\n", "\n")


def _decode(payload: bytes, charset: str | None) -> str:
    try:
        return payload.decode(charset or "utf-8")
    except (ValueError, LookupError):
        return payload.decode("utf-8", "replace")


def server_text(parts: list[Message]) -> str:
    """Returns the mail server's explanation, without the returned mail below it."""
    texts = []
    for part in parts:
        if part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            break
        if part.get_content_maintype() == "text" or _is_untyped(part):
            text = decoded_text(part)
            texts.append(_without_tags(text) if _is_html(part, text) else text)
    return without_copy("\n\n".join(texts))


def _is_untyped(part: Message) -> bool:
    return part.get_content_type() == "message/delivery-status" and not part.is_multipart()


def _is_html(part: Message, text: str) -> bool:
    return part.get_content_subtype() == "html" or bool(
        re.match(r"\s*<(?:html|!doctype)", text, re.I)
    )


def _without_tags(text: str) -> str:
    return html.unescape(ANY_TAG.sub(" ", BLOCK_TAGS.sub("\n", TAGS.sub(" ", text))))


def without_copy(text: str) -> str:
    """Returns `text` up to the returned mail; all of it where nothing stands above that."""
    for copy in RETURNED_COPY.finditer(text):
        if text[: copy.start()].strip():
            return text[: copy.start()]
    return text


def server_answers(text: str) -> list[str]:
    """Returns what in `text` may give the reason: the server's replies, then paragraphs."""
    text = QUOTED_HEADER.sub("", text)
    lines = text.splitlines()
    replies = [
        " ".join(line.strip() for line in lines[index : index + 4] if line.strip())
        for index, line in enumerate(lines)
        if ANSWER.search(line)
    ]
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text)]
    return [answer for answer in [*replies, *paragraphs] if answer][:MAX_ANSWERS]
