"""From text to a tree: the small part of YAML an owner needs, and polite words for the rest."""

from __future__ import annotations

import re
from typing import Any

import yaml

from settings.text_value import quoted
from settings.yaml.yaml_lines import Lines
from settings.yaml.yaml_nodes import Entry, Found, Node, Path, Row, Spot, Table, Text

DEEPEST = 40
UNREADABLE = re.compile(
    r"[^\t\n\r -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd" + "\U00010000-\U0010ffff]"
)
"""Control characters, half characters and the line breaks that no editor shows."""
NOTHING = ("", "~", "null", "Null", "NULL")
PASTED_SPACE = re.compile(r"(?m)^ *\xa0|^[\w -]+:\xa0")
PASTED = "This space is not an ordinary one; it was pasted. Delete it and type a space."
UNSUPPORTED = "shortcuts with & and * are not used here. Write it out, or put it in quotes."
MEANINGS = (
    (r"found character '\\t'|tabs?\b", "Use spaces here, not a tab."),
    (
        r"found character '([@`%|>&*!])'",
        'A value cannot begin with "{0}". Put the whole value in quotes.',
    ),
    (
        r"mapping values are not allowed",
        'A ": " is not expected here. Put quotes around the value, or move the line less far in.',
    ),
    (
        r"could not find expected ':'",
        'A ":" is missing on this line or the one above: write key: value.',
    ),
    (r"while scanning a quoted scalar", "A quotation mark is opened here and never closed."),
    (r"unknown escape character", "Inside \"…\" a backslash must be doubled; or use '…' instead."),
    (
        r"expected ',' or '([\]}])'",
        'A "," or the closing "{0}" is missing.',
    ),
    (
        r"expected <block end>|did not find expected '-'|block collection|block mapping",
        "This line is not moved in as far as the lines it belongs to.",
    ),
    (r"expected the node content", "A value is missing here."),
    (r"sequence entries are not allowed", '"- " is not expected here. Begin it on its own line.'),
    (r"expected '<document start>'|directive", "This line is not expected here."),
)


class _Stop(Exception):  # no error: the rest of the file makes no sense
    pass


def parsed(lines: Lines) -> tuple[Node | None, list[Found]]:
    """The tree of the file, as far as it can be read, and what cannot."""
    if unreadable := UNREADABLE.search(lines.text):
        code = f"U+{ord(unreadable[0]):04X}"
        message = f"An invisible character ({code}) stands here. Delete it."
        return None, [Found(Spot(*unreadable.span()), message)]
    reader = _Reader(lines)
    try:
        return reader.document(), reader.found
    except yaml.MarkedYAMLError as error:
        reader.found.append(_explained(error, lines.text))
    except (ValueError, OverflowError):
        # PyYAML lets these escape from "\\U" escapes and directives with absurd numbers.
        place = reader.place()
        reader.found.append(Found(Spot(place, place + 1), "A number here is too large."))
    except _Stop:
        pass
    return None, reader.found


def _explained(error: yaml.MarkedYAMLError, text: str) -> Found:
    said = f"{error.context or ''} {error.problem or ''}"
    mark = error.problem_mark or error.context_mark
    if "end of stream" in said or "expected ',' or" in said:
        mark = error.context_mark or mark
    place = min(mark.index if mark else 0, max(0, len(text.rstrip()) - 1))
    spot = Spot(place, place + 1)
    if pasted := list(PASTED_SPACE.finditer(text, 0, place)):
        return Found(Spot(pasted[-1].end() - 1, pasted[-1].end()), PASTED)
    for pattern, sentence in MEANINGS:
        if found := re.search(pattern, said):
            return Found(spot, sentence.format(*found.groups()))
    return Found(spot, f"This cannot be read as YAML: {error.problem}.")


class _Reader:
    """Builds the tree from YAML's events; what it does not take is noted and left empty."""

    def __init__(self, lines: Lines) -> None:
        self.found: list[Found] = []
        self._lines = lines
        self._loader: Any = yaml.BaseLoader(lines.text)

    def place(self) -> int:
        index: int = self._loader.index
        return index

    def document(self) -> Node | None:
        self._next()  # the stream's start
        if isinstance(self._next(), yaml.StreamEndEvent):
            return None
        root = self._node(self._next(), ())
        if isinstance(root, Text) and not root.text:
            return None
        self._next()  # the document's end
        after = self._next()
        if not isinstance(after, yaml.StreamEndEvent):
            self._note(after, 'A second document begins here. Take the "---" line out.', ())
        return root

    def _next(self) -> Any:
        return self._loader.get_event()

    def _node(self, event: Any, path: Path) -> Node:
        if len(path) > DEEPEST:
            self._note(event, "This is nested too deeply.", path)
            raise _Stop
        if isinstance(event, yaml.AliasEvent):
            self._note(event, f"{quoted(f'*{event.anchor}')}: {UNSUPPORTED}", path, final=True)
            return Text("", _spot(event))
        if event.anchor:
            self._note(event, f"{quoted(f'&{event.anchor}')}: {UNSUPPORTED}", path)
        elif event.tag:
            self._note(event, f"{quoted(event.tag)}: tags are not used here. Take it out.", path)
        if isinstance(event, yaml.MappingStartEvent):
            return self._table(event, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._row(event, path)
        return self._text(event, path)

    def _text(self, event: Any, path: Path) -> Text:
        if event.implicit[0] and event.value in NOTHING:
            return Text("", _spot(event))
        if UNREADABLE.search(event.value):
            self._note(
                event, "This hides an invisible character. Write it without.", path, final=True
            )
            return Text("", _spot(event))
        return Text(event.value, _spot(event))

    def _row(self, start: Any, path: Path) -> Row:
        row = Row([], _spot(start))
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            under = (*path, len(row.items))
            noted = len(self.found)
            node = self._node(event, under)
            if isinstance(node, Text) and not node.text and noted == len(self.found):
                self._note(event, "This entry of the list is empty.", under, final=True)
            row.items.append(node)
        return row

    def _table(self, start: Any, path: Path) -> Table:
        table = Table({}, _spot(start))
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = self._key(event, path)
            under = (*path, key or "?")
            noted = len(self.found)
            node = self._node(self._next(), under)
            if key in table.entries:
                line, _ = self._lines.at(table.entries[key].spot.start)
                self._note(event, f"{quoted(key)} is written twice; first on line {line}.", under)
            elif key:
                table.entries[key] = Entry(_spot(event), node, key)
                if isinstance(node, Text) and not node.text and noted == len(self.found):
                    self._note(event, f"{quoted(key)} is empty.", under, final=True)
        return table

    def _key(self, event: Any, path: Path) -> str:
        """The key, or nothing if it is none."""
        node = self._node(event, (*path, "?"))
        if not isinstance(node, Text):
            self._note(event, "A list or a table cannot be a key. Write a word.", path)
            return ""
        if node.text == "<<" and event.implicit[0]:
            self._note(event, '"<<" is not used here. Write the lines out.', path)
            return ""
        if not node.text and not isinstance(event, yaml.AliasEvent):
            self._note(event, 'A key is missing before the ":".', path)
        return node.text

    def _note(self, event: Any, message: str, path: Path, *, final: bool = False) -> None:
        self.found.append(Found(_spot(event), message, path, final))


def _spot(event: Any) -> Spot:
    return Spot(event.start_mark.index, event.end_mark.index)
