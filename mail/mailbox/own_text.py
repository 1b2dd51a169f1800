"""The words that the sender of a mail wrote: no quoted mail, no signature, no footer of a quote."""

from __future__ import annotations

import re
from email.errors import MessageError
from email.message import Message
from html.parser import HTMLParser

MAX_CHARS = 20_000
MAX_HEADER_LINES = 5  # of a quoted header block
BLOCK_TAGS = frozenset({"p", "div", "br", "li", "tr", "td", "h1", "h2", "h3", "ul", "table", "hr"})
HIDDEN_TAGS = frozenset({"style", "script", "head", "title", "blockquote"})
VOID_TAGS = frozenset({"br", "hr", "img", "meta", "link", "input", "col", "wbr"})
# Classes and ids with which mail programs mark what they quote.
QUOTE_MARKS = re.compile(r"gmail_quote|gmail_attr|yahoo_quoted|moz-cite-prefix|protonmail_quote")
# From this element on, everything is quoted.
QUOTE_STARTS = re.compile(r"divRplyFwdMsg|appendonsend|OLK_SRC_BODY_SECTION|mail-editor-reference")
QUOTE_MARK = ">"
SIGNATURE_LINES = ("--", "---", "—")
DIVIDER = re.compile(
    r"[-–—_*\s]*(?:original message|forwarded message|urspr(?:ü|ue)ngliche nachricht"
    r"|weitergeleitete nachricht|message d['’ ]origine|message original|message transf[ée]r[ée]"
    r"|mensagem original|mensagem reencaminhada|mensaje original|oorspronkelijk bericht"
    r"|messaggio originale|ursprungligt meddelande|original meddelelse)\b.*|_{5,}|-{5,}",
    re.IGNORECASE,
)
ATTRIBUTION = re.compile(
    r"(?:.*\s)?(?:wrote|schrieb|a [ée]crit|escreveu|escribi[óo]|schreef|ha scritto|skrev"
    r"|napisał\(?a?\)?)\b.{0,200}:",
    re.IGNORECASE,
)
SENDER_HEADER = re.compile(r"\*?(?:from|von|de|da|van|fra|från|od)\s*:\*?\s", re.IGNORECASE)
OTHER_HEADER = re.compile(
    r"\*?(?:sent|date|to|subject|gesendet|datum|an|betreff|envoy[ée]|objet|[àa]|enviado|data"
    r"|para|assunto|fecha|asunto|verzonden|aan|onderwerp|inviato|oggetto|skickat|till|ämne)"
    r"\s*:\*?\s",
    re.IGNORECASE,
)
DEVICE_LINE = re.compile(
    r"(?:sent from|get outlook|von meinem|gesendet (?:von|mit)|envoy[ée] (?:de|depuis)"
    r"|enviado (?:do|a partir|desde|de)|verstuurd (?:vanaf|met)|verzonden (?:vanaf|met)"
    r"|inviato da|scarica outlook|skickat fr[åa]n)\b",
    re.IGNORECASE,
)


def own_text(message: Message) -> str:
    """Return what the sender of `message` wrote, line by line; empty where nothing can be read."""
    plain = _part_text(message, "text/plain")
    if plain.strip():
        return cut_quotes(plain)
    reader = _HtmlText()
    reader.feed(_part_text(message, "text/html"))
    return cut_quotes("".join(reader.pieces))


def cut_quotes(text: str) -> str:
    """Return `text` without the mail that it quotes and without its signature."""
    lines = [line.strip() for line in text[:MAX_CHARS].splitlines()]
    kept: list[str] = []
    index = 0
    while index < len(lines):
        skipped = _attribution_length(lines, index)
        if skipped and _next_is_quoted(lines, index + skipped):
            index += skipped  # the sender may write below the quote, too
            continue
        if skipped or _ends_own_text(lines, index):
            break
        line = lines[index]
        if not line.startswith(QUOTE_MARK) and not DEVICE_LINE.match(line):
            kept.append(line)
        index += 1
    return "\n".join(kept).strip()


def _ends_own_text(lines: list[str], index: int) -> bool:
    line = lines[index]
    if line in SIGNATURE_LINES or DIVIDER.fullmatch(line):
        return True
    following = lines[index + 1 : index + MAX_HEADER_LINES]
    return bool(SENDER_HEADER.match(line)) and any(map(OTHER_HEADER.match, following))


def _attribution_length(lines: list[str], index: int) -> int:
    """How many lines "On Tuesday Ana wrote:" takes here: none, one or two."""
    for length in (1, 2):
        if ATTRIBUTION.fullmatch(" ".join(lines[index : index + length])):
            return length
    return 0


def _next_is_quoted(lines: list[str], index: int) -> bool:
    following = (line for line in lines[index:] if line)
    return next(following, "").startswith(QUOTE_MARK)


def _part_text(message: Message, content_type: str) -> str:
    """The first part of this type that is no attachment, decoded as far as possible."""
    for part in message.walk():
        if part.get_content_type() != content_type or part.get_filename():
            continue
        try:
            content = part.get_payload(decode=True)
        except (ValueError, LookupError, MessageError):
            continue
        if isinstance(content, bytes):
            return _decode(content, part.get_content_charset() or "utf-8")
    return ""


def _decode(content: bytes, charset: str) -> str:
    try:
        return content.decode(charset, "replace")
    except (LookupError, ValueError):
        return content.decode("utf-8", "replace")


class _HtmlText(HTMLParser):
    """Collects the text of a mail's HTML outside of quotes, a line for each block."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._hidden = 0  # depth inside an element whose text does not count
        self._ended = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        marks = " ".join(value or "" for name, value in attrs if name in ("class", "id"))
        self._ended = self._ended or bool(QUOTE_STARTS.search(marks))
        if tag in VOID_TAGS:
            self._break_line(tag)
        elif self._hidden or tag in HIDDEN_TAGS or QUOTE_MARKS.search(marks):
            self._hidden += 1
        else:
            self._break_line(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and tag not in VOID_TAGS:
            self._hidden -= 1
        else:
            self._break_line(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden and not self._ended:
            self.pieces.append(re.sub(r"\s+", " ", data))

    def _break_line(self, tag: str) -> None:
        if tag in BLOCK_TAGS:
            self.pieces.append("\n")
