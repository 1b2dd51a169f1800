"""Inlines CSS into `style` attributes, once for each template.

Mail programs drop style sheets, so every rule must be on its element. Inlining the Jinja source is
six times cheaper than inlining each mail, and correct only where no value or tag can change which
elements a rule matches. `inline_source` proves that for a template or raises NotStaticError; then
each mail is inlined.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser

import css_inline

from mail.render.template_limits import VOID_TAGS, check_html
from mail.render.tokenizer import SLOT, Token, TokenKind, mask, unmask

# Selectors that depend on siblings or attributes, which values may add or remove.
NEIGHBOUR_SELECTOR = re.compile(r"[+~\[]|:(?!hover|active|focus|visited|link)")
STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL | re.IGNORECASE)
STYLE_FIRST = re.compile(r"<head>(<style>.*?</style>)(.*?)</head>", re.DOTALL)
SELECTOR = re.compile(r"(?:^|[{}])\s*([^{}@;]+)\{")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
STYLING_ATTRIBUTES = frozenset({"class", "id", "style"})
_INLINER = css_inline.CSSInliner(
    keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False
)


class NotStaticError(Exception):
    """The template cannot be inlined once for all mails; carries the reason."""


def inline_css(html: str) -> str:
    """Returns `html` with every rule inlined; media queries stay in the head.

    Raises TemplateLimitError for HTML on which the inliner would overflow the stack.
    """
    check_html(html)
    # Media queries go below <meta charset>, which must be in the first kilobyte.
    return STYLE_FIRST.sub(r"<head>\2\1</head>", _INLINER.inline(html), count=1)


def inline_source(tokens: Sequence[Token]) -> str:
    """Returns a template's source with every rule inlined; raises NotStaticError."""
    before = mask(tokens)
    check_html(before)
    _reject_dependent_rules(before)
    check_nesting(before, tokens)
    after = inline_css(before)
    if "<tbody" not in before:  # added by the parser
        after = re.sub(r"</?tbody>", "", after)
    if _skeleton(before) != _skeleton(after):
        raise NotStaticError("the HTML is not well formed, so the parser moves things around")
    return unmask(after, tokens)


def _reject_dependent_rules(html: str) -> None:
    for stylesheet in STYLE.findall(html):
        if SLOT.search(stylesheet):
            raise NotStaticError("a value stands in the style sheet")
        for selector in SELECTOR.findall(COMMENT.sub("", stylesheet)):
            if NEIGHBOUR_SELECTOR.search(selector):
                raise NotStaticError(
                    f"the rule for {selector.strip()} depends on what stands around it"
                )


def check_nesting(html: str, tokens: Sequence[Token]) -> None:
    """Raises NotStaticError where elements and Jinja branches do not nest properly."""
    nesting = Nesting(tokens)
    for event in _events(html):
        nesting.handle(event)


class Nesting:
    """Follows elements and Jinja branches together: each must close within the other."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._open: list[str] = []
        self._branches: list[tuple[str, ...]] = []

    def handle(self, event: Event) -> None:
        """Follows one `event`; raises NotStaticError."""
        kind, name, attributes = event
        if kind == "end":
            self._close(name)
        elif kind == "start":
            self._enter_attributes(name, attributes)
            if name not in VOID_TAGS:
                self._open.append(name)
        else:
            self._follow(name)

    def _close(self, name: str) -> None:
        if not self._open or self._open[-1] != name:
            raise NotStaticError(f"</{name}> closes nothing that was opened just before")
        if self._branches and len(self._branches[-1]) == len(self._open):
            raise NotStaticError(f"</{name}> is closed in another branch than it was opened in")
        self._open.pop()

    def _enter_attributes(self, name: str, attributes: Attributes) -> None:
        if SLOT.search(name):
            raise NotStaticError("an element's name is a value")
        for attribute, value in attributes:
            if SLOT.search(attribute) or (attribute in STYLING_ATTRIBUTES and SLOT.search(value)):
                raise NotStaticError(f"the look of <{name}> depends on a value")
            self._open.append(attribute)
            depth = len(self._branches)
            self._follow(value)
            if len(self._branches) != depth:
                raise NotStaticError(f"a branch begins in <{name}> and ends elsewhere")
            self._open.pop()

    def _follow(self, text: str) -> None:
        for slot in SLOT.finditer(text):
            token = self._tokens[int(slot[1])]
            if token.kind is TokenKind.TAG:
                self._branch(token.keyword)

    def _branch(self, keyword: str) -> None:
        open_tags = tuple(self._open)
        if keyword in ("if", "for"):
            self._branches.append(open_tags)
        elif keyword in ("elif", "else", "endif", "endfor"):
            if not self._branches or self._branches[-1] != open_tags:
                raise NotStaticError("a branch opens elements that it does not close")
            if keyword.startswith("end"):
                self._branches.pop()


Attributes = tuple[tuple[str, str], ...]
Event = tuple[str, str, Attributes]


def _skeleton(html: str) -> list[Event]:
    """What inlining must not change: everything but styles and white space."""
    skeleton = []
    with_tbody = "<tbody" in html
    for kind, name, attributes in _events(STYLE.sub("", html)):
        content = " ".join(name.split())
        if content and (with_tbody or content != "tbody"):
            unstyled = sorted(pair for pair in attributes if pair[0] != "style")
            skeleton.append((kind, content, tuple(unstyled)))
    return skeleton


def _events(html: str) -> Iterator[Event]:
    reader = _EventReader()
    reader.feed(html)
    reader.close()
    return iter(reader.events)


class _EventReader(HTMLParser):
    """Lists start tags, end tags, text and comments in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.events: list[Event] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.events.append(("start", tag, tuple((name, value or "") for name, value in attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID_TAGS:
            self.events.append(("end", tag, ()))

    def handle_data(self, data: str) -> None:
        self.events.append(("text", data, ()))

    def handle_comment(self, data: str) -> None:
        self.events.append(("comment", data, ()))
