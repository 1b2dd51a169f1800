"""CSS put onto the elements, once for each template instead of once for each mail.

Mail programs drop style sheets, so every rule must stand on its element. Doing that on the Jinja
source is six times cheaper than on each mail, and right only where no value or tag can change what
a rule matches. `inlined_source` proves this for a template or refuses; then each mail is inlined.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser

import css_inline

from mail.render.tokenizer import SLOT, Kind, Piece, hidden, restored

# What one element's style may never depend on if a neighbour comes and goes with a value.
DEPENDS_ON_NEIGHBOURS = re.compile(r"[+~\[]|:(?!hover|active|focus|visited|link)")
STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL | re.IGNORECASE)
STYLE_FIRST = re.compile(r"<head>(<style>.*?</style>)(.*?)</head>", re.DOTALL)
SELECTOR = re.compile(r"(?:^|[{}])\s*([^{}@;]+)\{")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
DECIDES_STYLE = frozenset({"class", "id", "style"})
VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
)
_INLINER = css_inline.CSSInliner(
    keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False
)


class NotOnce(Exception):
    """This template cannot be inlined once; carries the reason."""


def inlined(html: str) -> str:
    """Finished HTML with every rule on its element; media queries stay in the head."""
    # The media queries go below <meta charset>, which browsers look for in the first kilobyte.
    return STYLE_FIRST.sub(r"<head>\2\1</head>", _INLINER.inline(html), count=1)


def inlined_source(pieces: Sequence[Piece]) -> str:
    """A template's source with every rule on its element, or NotOnce."""
    before = hidden(pieces)
    _refuse_dependent_rules(before)
    refuse_odd_places(before, pieces)
    after = inlined(before)
    if "<tbody" not in before:  # the parser's own addition
        after = re.sub(r"</?tbody>", "", after)
    if _skeleton(before) != _skeleton(after):
        raise NotOnce("the HTML is not well formed, so the parser moves things around")
    return restored(after, pieces)


def _refuse_dependent_rules(html: str) -> None:
    for sheet in STYLE.findall(html):
        if SLOT.search(sheet):
            raise NotOnce("a value stands in the style sheet")
        for selector in SELECTOR.findall(COMMENT.sub("", sheet)):
            if DEPENDS_ON_NEIGHBOURS.search(selector):
                raise NotOnce(f"the rule for {selector.strip()} depends on what stands around it")


def refuse_odd_places(html: str, pieces: Sequence[Piece]) -> None:
    nesting = Nesting(pieces)
    for event in _events(html):
        nesting.meet(event)


class Nesting:
    """Follows the elements and Jinja's branches together: each must close within the other."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = pieces
        self._open: list[str] = []
        self._branches: list[tuple[str, ...]] = []

    def meet(self, event: Event) -> None:
        kind, name, attributes = event
        if kind == "end":
            self._close(name)
        elif kind == "start":
            self._enter_attributes(name, attributes)
            if name not in VOID:
                self._open.append(name)
        else:
            self._follow(name)

    def _close(self, name: str) -> None:
        if not self._open or self._open[-1] != name:
            raise NotOnce(f"</{name}> closes nothing that was opened just before")
        if self._branches and len(self._branches[-1]) == len(self._open):
            raise NotOnce(f"</{name}> is closed in another branch than it was opened in")
        self._open.pop()

    def _enter_attributes(self, name: str, attributes: Attributes) -> None:
        if SLOT.search(name):
            raise NotOnce("an element's name is a value")
        for attribute, value in attributes:
            if SLOT.search(attribute) or (attribute in DECIDES_STYLE and SLOT.search(value)):
                raise NotOnce(f"the look of <{name}> depends on a value")
            self._open.append(attribute)
            depth = len(self._branches)
            self._follow(value)
            if len(self._branches) != depth:
                raise NotOnce(f"a branch begins in <{name}> and ends elsewhere")
            self._open.pop()

    def _follow(self, text: str) -> None:
        for slot in SLOT.finditer(text):
            piece = self._pieces[int(slot[1])]
            if piece.kind is Kind.TAG:
                self._branch(piece.word)

    def _branch(self, word: str) -> None:
        here = tuple(self._open)
        if word in ("if", "for"):
            self._branches.append(here)
        elif word in ("elif", "else", "endif", "endfor"):
            if not self._branches or self._branches[-1] != here:
                raise NotOnce("a branch opens elements that it does not close")
            if word.startswith("end"):
                self._branches.pop()


Attributes = tuple[tuple[str, str], ...]
Event = tuple[str, str, Attributes]


def _skeleton(html: str) -> list[Event]:
    """What inlining must leave as it was: all but the styles and the space between words."""
    kept = []
    with_tbody = "<tbody" in html
    for kind, name, attributes in _events(STYLE.sub("", html)):
        words = " ".join(name.split())
        if words and (with_tbody or words != "tbody"):
            others = sorted(pair for pair in attributes if pair[0] != "style")
            kept.append((kind, words, tuple(others)))
    return kept


def _events(html: str) -> Iterator[Event]:
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return iter(reader.events)


class _Reader(HTMLParser):
    """Lists a document's parts in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.events: list[Event] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.events.append(("start", tag, tuple((name, value or "") for name, value in attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self.events.append(("end", tag, ()))

    def handle_data(self, data: str) -> None:
        self.events.append(("text", data, ()))

    def handle_comment(self, data: str) -> None:
        self.events.append(("comment", data, ()))
