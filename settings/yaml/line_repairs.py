"""The edits of one line that may mend the layout of a file: colons, dashes, spaces, quotes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

INDENT_UNIT = 2
MAX_WORDS = 8  # of a line without a colon, between which one is tried
BLANKS = " \t\xa0"
BULLETS = "•–—*+·"
KEY_TEXT = r"[\w][\w $@&'’()/.-]*?"
OTHER_SIGN = re.compile(rf"({KEY_TEXT}) ?(::|=|;|：|:(?=[^\s:])) *(.*)")
QUOTED_KEY_OR_VALUE = re.compile(r"""(.*?(?:^|: |- ))(["'])([^"']*)$""")
HAS_KEY_OR_DASH = re.compile(r"- |[^:#]+:(\s|$)")
CLOSING_COMMENT = re.compile(r"\s{2,}#.*$")

TAB = "Use spaces here, not a tab."
PASTED_SPACE = "This space is not an ordinary one; it was pasted. Delete it and type a space."
NO_COLON = 'A ":" is missing here: write key: value.'
NO_SPACE_AFTER_COLON = 'A space is missing after the ":".'
OTHER_COLON = 'Write ": " here, instead of "{}".'
NO_SPACE_AFTER_DASH = 'A space is missing after the "-".'
OTHER_BULLET = 'Write "- " here, instead of "{}".'
NO_DASH = 'This needs a list: put "- " before this entry.'
STRAY_DASH = 'The "- " is not expected here. Take it out.'
DOUBLE_DASH = 'One "- " is enough here.'
OPEN_QUOTE = "A quotation mark is opened here and never closed."
STRAY_LINE = 'This line is no "key: value". Take it out, or complete it.'


class Kind(IntEnum):
    """The kinds of repairs, in the order in which they are tried."""

    SIGN = 1  # a colon, a dash, a blank or a quote that is plainly wrong
    STRAY = 2
    INDENT = 3
    DASH = 4


@dataclass(frozen=True)
class Repair:
    """A line as it may have been meant; `column` and `width` say what to point at.

    `line` counts from 1, `column` from 0, both in the text as written.
    """

    kind: Kind
    line: int
    text: str
    message: str
    column: int
    width: int = 1


@dataclass(frozen=True)
class TextLine:
    """A line of the file, and the indentations of the lines around it."""

    number: int
    text: str
    nearby_indents: Sequence[int] = ()
    deepest_indent: int = 0  # that the line above allows
    may_be_entry: bool = True  # the line above ends with a colon, or is an entry of a list
    next_indent: int | None = None  # None at the end of the file

    @property
    def content(self) -> str:
        return self.text.strip(BLANKS)

    @property
    def indent(self) -> int:
        return len(self.text) - len(self.text.lstrip(BLANKS))

    @property
    def is_odd(self) -> bool:
        """Whether no line of a file that is moved in by twos stands like this."""
        return self.indent % INDENT_UNIT > 0 or self.indent > self.deepest_indent

    def repair(self, kind: Kind, text: str, message: str, column: int, width: int = 1) -> Repair:
        return Repair(kind, self.number, text, message, column, width)

    def at_indent(self, content: str) -> str:
        return f"{' ' * self.indent}{content}"


def line_repairs(line: TextLine, known_keys: Collection[str]) -> Iterator[Repair]:
    """Yields the edits of `line` that may be what was meant; `known_keys` are those of the file."""
    yield from _blank_repairs(line)
    yield from _bullet_repairs(line)
    yield from _colon_repairs(line, known_keys)
    yield from _quote_repairs(line)
    yield from _indent_repairs(line)
    yield from _dash_repairs(line)
    if not HAS_KEY_OR_DASH.match(line.content):
        yield line.repair(Kind.STRAY, "", STRAY_LINE, line.indent, len(line.content))


def _blank_repairs(line: TextLine) -> Iterator[Repair]:
    """Tabs and pasted spaces before the content, or a pasted space after a colon."""
    blanks = line.text[: line.indent]
    if "\t" in blanks:
        for indent in sorted({*line.nearby_indents, *_deeper(line.nearby_indents)}):
            text = f"{' ' * indent}{line.content}"
            yield line.repair(Kind.SIGN, text, TAB, blanks.index("\t"))
    elif "\xa0" in line.text:
        text = line.text.replace("\xa0", " ")
        yield line.repair(Kind.SIGN, text, PASTED_SPACE, line.text.index("\xa0"))


def _bullet_repairs(line: TextLine) -> Iterator[Repair]:
    content = line.content
    if content[:1] in BULLETS and content[1:].strip():
        text = line.at_indent(f"- {content[1:].lstrip()}")
        yield line.repair(Kind.SIGN, text, OTHER_BULLET.format(content[0]), line.indent)
    if re.match(r"-[^\s-]", content):
        text = line.at_indent(f"- {content[1:]}")
        yield line.repair(Kind.SIGN, text, NO_SPACE_AFTER_DASH, line.indent)
    if content.startswith("- - "):
        text = line.at_indent(content[2:])
        yield line.repair(Kind.SIGN, text, DOUBLE_DASH, line.indent, 3)


def _colon_repairs(line: TextLine, known_keys: Collection[str]) -> Iterator[Repair]:
    dash, content = _split_dash(line.content)
    start = line.indent + len(dash)
    if match := OTHER_SIGN.fullmatch(content):
        key, sign, value = match.groups()
        message = NO_SPACE_AFTER_COLON if sign == ":" else OTHER_COLON.format(sign)
        text = line.at_indent(f"{dash}{key}: {value}".rstrip())
        yield line.repair(Kind.SIGN, text, message, start + match.start(2), len(sign))
    if re.search(r":(\s|$)", CLOSING_COMMENT.sub("", content)):
        return
    bare = CLOSING_COMMENT.sub("", content)
    if line.next_indent is not None and line.next_indent > line.indent:
        text = line.at_indent(f"{dash}{bare}:")
        yield line.repair(Kind.SIGN, text, NO_COLON, start, len(bare))
    for end in _key_ends(bare, known_keys):
        text = line.at_indent(f"{dash}{bare[:end]}: {bare[end:].lstrip()}".rstrip())
        yield line.repair(Kind.SIGN, text, NO_COLON, start, end)


def _key_ends(content: str, known_keys: Collection[str]) -> Iterator[int]:
    """Yields where the key may end: after known keys, the longest first; else after each word."""
    ends = [match.start() for match in re.finditer(r"\s+|$", content)][:MAX_WORDS]
    known = [end for end in ends if content[:end].casefold() in known_keys]
    yield from reversed(known)
    yield from (end for end in ends if end not in known)


def _quote_repairs(line: TextLine) -> Iterator[Repair]:
    value = CLOSING_COMMENT.sub("", line.content)
    if match := QUOTED_KEY_OR_VALUE.fullmatch(value):
        before, quote, after = match.groups()
        column = line.indent + len(before)
        for content in (f"{before}{quote}{after}{quote}", f"{before}{after}"):
            yield line.repair(Kind.SIGN, line.at_indent(content), OPEN_QUOTE, column)


def _indent_repairs(line: TextLine) -> Iterator[Repair]:
    if not HAS_KEY_OR_DASH.match(line.content):  # moved in, it would continue the value above
        return
    indents = {*line.nearby_indents, *_deeper(line.nearby_indents)} - {line.indent}
    for indent in sorted(indents, key=lambda indent: abs(indent - line.indent)):
        distance = abs(indent - line.indent)
        spaces = "1 space" if distance == 1 else f"{distance} spaces"
        direction = "left" if indent < line.indent else "right"
        message = f"This line does not line up with those around it: move it {spaces} {direction}."
        text = f"{' ' * indent}{line.content}"
        yield line.repair(Kind.INDENT, text, message, line.indent, len(line.content))


def _dash_repairs(line: TextLine) -> Iterator[Repair]:
    dash, content = _split_dash(line.content)
    if dash:
        for indent in (line.indent, line.indent + len(dash)):
            text = f"{' ' * indent}{content}"
            yield line.repair(Kind.DASH, text, STRAY_DASH, line.indent, 1)
    elif line.may_be_entry or HAS_KEY_OR_DASH.match(content):
        for indent in (line.indent, line.indent - INDENT_UNIT, *line.nearby_indents):
            text = f"{' ' * max(0, indent)}- {content}"
            yield line.repair(Kind.DASH, text, NO_DASH, line.indent, len(content))


def _split_dash(content: str) -> tuple[str, str]:
    return ("- ", content[2:]) if content.startswith("- ") else ("", content)


def _deeper(indents: Sequence[int]) -> list[int]:
    return [indent + INDENT_UNIT for indent in indents]
