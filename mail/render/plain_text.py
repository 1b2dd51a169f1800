"""The text part of a letter, out of its HTML: nobody has to write it twice.

Made once for each template, on the source with its values hidden, so that a mail's text costs no
more than filling it in. The same code reads a finished mail's HTML where a template is too odd.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser

from mail.render.css_inline import VOID, refuse_odd_places
from mail.render.tokenizer import SLOT, Piece, hidden

# Letters of the private use area: breaks and columns that outlive the tidying of spaces. A line
# begins afresh however many elements begin there; a <br> is a break each time.
LINE, PARAGRAPH, BREAK, COLUMN = "\ue020", "\ue021", "\ue022", "\ue023"
BREAKS = re.compile(f" ?[{LINE}{PARAGRAPH}{BREAK}][{LINE}{PARAGRAPH}{BREAK} ]*")
GAP = "   "
PARAGRAPHS = frozenset(
    {"p", "h1", "h2", "h3", "h4", "table", "ul", "ol", "blockquote", "hr", "section"}
)
LINES = frozenset({"div", "tr", "li"})
CELLS = frozenset({"td", "th"})
SILENT = frozenset({"style", "script", "title", "head"})
BRACE = re.compile(r"[{}]")
# The same below every letter: who wrote it, why it came, and how to end it.
ENDING = (
    f"{PARAGRAPH}{{{{ shop.sender_name }}}}"
    f"{{% if shop.sender_name != shop.name %}}{LINE}{{{{ shop.name }}}}{{% endif %}}"
    f"{PARAGRAPH}{{{{ reason }}}}"
    f"{{% if shop.postal_address %}}{LINE}{{{{ shop.name }}}}, {{{{ shop.postal_address }}}}"
    f"{{% endif %}}{{% if unsubscribe_url %}}{LINE}Unsubscribe: {{{{ unsubscribe_url }}}}"
    "{% endif %}"
)


def text_source(content: Sequence[Piece]) -> str:
    """The Jinja source of a letter's text, or NotOnce where the HTML is too odd."""
    html = hidden(content)
    refuse_odd_places(html, content)
    return _jinja(text_of(html), content)


def tidy(text: str) -> str:
    """Text as it is sent: single spaces, no trailing ones, paragraphs one empty line apart."""
    lines = BREAKS.sub(_newlines, " ".join(text.split())).strip().split("\n")
    return "\n".join(_columns(line) for line in lines) + "\n"


def _newlines(run: re.Match[str]) -> str:
    if PARAGRAPH in run[0]:
        return "\n\n"
    return "\n" * max(run[0].count(BREAK), 1)


def text_of(html: str) -> str:
    """HTML as text, before it is tidied."""
    writer = _Writer()
    writer.feed(html)
    writer.close()
    return "".join(writer.parts)


def _columns(line: str) -> str:
    if COLUMN not in line:
        return line
    cells = (cell.strip() for cell in line.split(COLUMN))
    return GAP.join(cell for cell in cells if cell)


def _jinja(text: str, content: Sequence[Piece]) -> str:
    """Braces that were written as entities must not turn into Jinja."""
    safe = BRACE.sub(lambda brace: f'{{{{ "{brace[0]}" }}}}', text)
    return SLOT.sub(lambda slot: content[int(slot[1])].source, safe)


class _Writer(HTMLParser):
    """Writes what a reader would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._links: list[tuple[str, int, bool]] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in SILENT:
            self._silent += 1
        elif tag == "a":
            is_button = "button" in (given.get("class") or "").split()
            if is_button:
                self.parts.append(PARAGRAPH)
            self._links.append((given.get("href") or "", len(self.parts), is_button))
        elif tag == "img":
            self.parts.append(given.get("alt") or "")
        elif tag == "li":
            self.parts.append(LINE + "- ")
        elif tag == "br":
            self.parts.append(BREAK)
        else:
            self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self._silent -= 1
        elif tag == "a" and self._links:
            self._end_link(*self._links.pop())
        elif tag in CELLS:
            self.parts.append(COLUMN)
        elif tag not in VOID:
            self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)

    def handle_comment(self, data: str) -> None:
        if SLOT.fullmatch(data):
            self.parts.append(data)

    def _break(self, tag: str) -> None:
        if tag in PARAGRAPHS:
            self.parts.append(PARAGRAPH)
        elif tag in LINES:
            self.parts.append(LINE)

    def _end_link(self, href: str, start: int, is_button: bool) -> None:
        label = " ".join("".join(self.parts[start:]).split())
        address = href.removeprefix("mailto:")
        if address and address != label:
            self.parts.append(f": {address}" if label else address)
        if is_button:
            self.parts.append(PARAGRAPH)
