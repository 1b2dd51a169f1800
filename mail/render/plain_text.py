"""Makes the text part of a mail from its HTML.

Done once for each template, on the source with its values masked, so that the text part of a mail
only needs to be filled in. Where a template's HTML is not well nested, each mail's HTML is
converted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser

from mail.render.css_inline import check_nesting
from mail.render.template_limits import VOID_TAGS, check_html
from mail.render.tokenizer import SLOT, Token, mask
from templates.language import ENGLISH, Language

# Private use characters: breaks and columns that survive the collapsing of spaces, and the colon
# between a link's label and its address. Adjacent line marks are one line break; each <br> is a
# break of its own.
LINE, PARAGRAPH, BREAK, COLUMN, COLON = "\ue020", "\ue021", "\ue022", "\ue023", "\ue024"
# What is one space in a text. No-break spaces stay: French signs have one, and amounts.
SPACES = re.compile(r"[^\S\xa0\u202f]+")
BREAKS = re.compile(f" ?[{LINE}{PARAGRAPH}{BREAK}][{LINE}{PARAGRAPH}{BREAK} ]*")
COLUMN_GAP = "   "
EMPTY_LINES = re.compile(r"\n{3,}")  # rows of a table that have no words
PARAGRAPH_TAGS = frozenset(
    {"p", "h1", "h2", "h3", "h4", "table", "ul", "ol", "blockquote", "hr", "section"}
)
LINE_TAGS = frozenset({"div", "tr", "li"})
CELL_TAGS = frozenset({"td", "th"})
HIDDEN_TAGS = frozenset({"style", "script", "title", "head"})
HTML_ONLY = "only-html"  # class of pictures whose words stand beside them
BRACE = re.compile(r"[{}]")
# Below the content of every mail: who wrote it, why it came, and how to unsubscribe.
FOOTER = (
    f"{PARAGRAPH}{{{{ shop.sender_name }}}}"
    f"{{% if shop.sender_name != shop.name %}}{LINE}{{{{ shop.name }}}}{{% endif %}}"
    f"{PARAGRAPH}{{{{ reason }}}}"
    f"{{% if shop.postal_address %}}{LINE}{{{{ shop.name }}}}, {{{{ shop.postal_address }}}}"
    f"{{% endif %}}{{% if unsubscribe_url %}}{LINE}LABEL{COLON} {{{{ unsubscribe_url }}}}"
    "{% endif %}"
)


def plain_text_source(content: Sequence[Token]) -> str:
    """Returns the Jinja source of the text part; raises NotStaticError."""
    html = mask(content)
    check_html(html)
    check_nesting(html, content)
    return _jinja(html_to_text(html), content)


def footer_source(language: Language) -> str:
    """Returns the Jinja source of what follows the content in every text part."""
    return FOOTER.replace("LABEL", language.sentences("mails").UNSUBSCRIBE)


def tidy_text(text: str, language: Language = ENGLISH) -> str:
    """Returns `text` with single spaces, no trailing ones, and paragraphs one empty line apart;
    its colons are those of the `language`.
    """
    lines = BREAKS.sub(_newlines, SPACES.sub(" ", text)).strip().split("\n")
    text = "\n".join(map(_columns, lines)).replace(COLON, language.colon)
    return EMPTY_LINES.sub("\n\n", text).strip() + "\n"


def _newlines(run: re.Match[str]) -> str:
    if PARAGRAPH in run[0]:
        return "\n\n"
    return "\n" * max(run[0].count(BREAK), 1)


def html_to_text(html: str) -> str:
    """Returns `html` as text for `tidy_text`, which turns its break marks into line breaks.

    Raises TemplateLimitError for HTML that would take too long to read.
    """
    check_html(html)
    writer = _TextWriter()
    writer.feed(html)
    writer.close()
    return "".join(writer.parts)


def _columns(line: str) -> str:
    if COLUMN not in line:
        return line.strip()
    cells = (cell.strip() for cell in line.split(COLUMN))
    return COLUMN_GAP.join(cell for cell in cells if cell)


def _jinja(text: str, content: Sequence[Token]) -> str:
    """Braces that were written as entities must not become Jinja."""
    escaped = BRACE.sub(lambda brace: f'{{{{ "{brace[0]}" }}}}', text)
    return SLOT.sub(lambda slot: content[int(slot[1])].source, escaped)


class _TextWriter(HTMLParser):
    """Collects the visible text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._links: list[tuple[str, int, bool]] = []
        self._hidden_depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag in HIDDEN_TAGS:
            self._hidden_depth += 1
        elif tag == "a":
            is_button = "button" in (attributes.get("class") or "").split()
            if is_button:
                self.parts.append(PARAGRAPH)
            self._links.append((attributes.get("href") or "", len(self.parts), is_button))
        elif tag == "img":
            is_for_text = HTML_ONLY not in (attributes.get("class") or "").split()
            self.parts.append(attributes.get("alt") or "" if is_for_text else "")
        elif tag == "li":
            self.parts.append(LINE + "- ")
        elif tag == "br":
            self.parts.append(BREAK)
        else:
            self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in HIDDEN_TAGS:
            self._hidden_depth -= 1
        elif tag == "a" and self._links:
            self._end_link(*self._links.pop())
        elif tag in CELL_TAGS:
            self.parts.append(COLUMN)
        elif tag not in VOID_TAGS:
            self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._hidden_depth:
            self.parts.append(data)

    def handle_comment(self, data: str) -> None:
        if SLOT.fullmatch(data):
            self.parts.append(data)

    def _break(self, tag: str) -> None:
        if tag in PARAGRAPH_TAGS:
            self.parts.append(PARAGRAPH)
        elif tag in LINE_TAGS:
            self.parts.append(LINE)

    def _end_link(self, href: str, start: int, is_button: bool) -> None:
        label = " ".join("".join(self.parts[start:]).split())
        address = href.removeprefix("mailto:")
        if address and address != label:
            self.parts.append(f"{COLON} {address}" if label else address)
        if is_button:
            self.parts.append(PARAGRAPH)
