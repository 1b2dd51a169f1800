"""Builds the node tree from YAML's events: the subset of YAML that config.yaml may use."""

from __future__ import annotations

import re
from typing import Any

import yaml

from settings.text_value import quoted
from settings.yaml.lines import Lines
from settings.yaml.nodes import (
    ListNode,
    MappingEntry,
    MappingNode,
    Node,
    NodePath,
    Problem,
    ScalarNode,
    Span,
)

MAX_DEPTH = 40
INVISIBLE_CHARS = re.compile(
    r"[^\t\n\r -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd" + "\U00010000-\U0010ffff]"
)
"""Control characters, lone surrogates and line separators that editors do not show."""
CUT_OFF = (
    "What stands behind this # is a comment, and left out. If it belongs to the value, put the "
    "whole value in quotes; if it is a comment, leave two spaces before the # and one after it."
)
CLOSE_COMMENT = re.compile(r"(?:[ \t]|[ \t]+(?=#[0-9]))(#[^\r\n]*)")
"""A comment with a single blank before it, or like #3: two blanks would show that it is one."""
COMMENT_AS_VALUE = re.compile(r"[ \t]+(#[^ \t#!\r\n][^\r\n]*)")
CONTINUED_BY_COMMENT = re.compile(r"[ \t]*(?:\r\n|\r|\n)( +)(#[0-9][^\r\n]*)")
"""A value that seems to go on in the next line, with #3."""
TIGHT_COMMENT = re.compile(r"#(?![ \t#!])|#[ \t]?[0-9]|#[ \t]*$")
"""Written like `#3`, `# 3` or `Item #`: hardly a comment."""
BLOCK_STYLES = ("|", ">")
NULL_SPELLINGS = ("", "~", "null", "Null", "NULL")
PASTED_SPACE = re.compile(r"(?m)^ *\xa0|^[\w -]+:\xa0")
PASTED_SPACE_MESSAGE = (
    "This space is not an ordinary one; it was pasted. Delete it and type a space."
)
ANCHORS_UNSUPPORTED = "shortcuts with & and * are not used here. Write it out, or put it in quotes."
YAML_ERROR_MESSAGES = (
    (r"found character '\\t'|tabs?\b", "Use spaces here, not a tab."),
    (
        r"found character '([@`%|>&*!])'",
        'A value cannot begin with "{0}". Put the whole value in quotes.',
    ),
    (
        r"scanning an a.*expected alphabetic",
        'A value cannot begin with "&" or "*". Put the whole value in quotes.',
    ),
    (
        r"mapping keys are not allowed",
        'A value cannot begin with "? ". Put the whole value in quotes.',
    ),
    (
        r"expected a comment or a line break",
        'A value cannot begin with ">" or "|". Put the whole value in quotes.',
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


ENDED_TOO_EARLY = re.compile(r"""[\]}"'][ \t]*[&*!]?[ \t]*$""")
BLOCK_ERRORS = re.compile(
    r"expected <block end>|did not find expected '-'|expected alphabetic or numeric character"
)
ENDED_BY_QUOTE = (
    "The value ends at the quotation mark before this. Put quotes around the whole value: "
    "'…' if it holds \", \"…\" if it holds '."
)
ENDED_BY_BRACKET = 'The value ends at the "{}" before this. Put quotes around the whole value.'


class _StopReadingError(Exception):
    """Raised to stop: the remaining file cannot be interpreted."""


FAST_LOADER = yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader
"""Ten times as fast with libyaml; `YAML_ERROR_MESSAGES` does not explain its messages."""


def parse_tree(lines: Lines, loader: Any = yaml.BaseLoader) -> tuple[Node | None, list[Problem]]:
    """Returns the root node, or None if the YAML is broken or empty, and all problems found.

    `loader` is a class of PyYAML that yields events.
    """
    if invisible := INVISIBLE_CHARS.search(lines.text):
        code = f"U+{ord(invisible[0]):04X}"
        message = f"An invisible character ({code}) stands here. Delete it."
        return None, [Problem(Span(*invisible.span()), message)]
    builder = _TreeBuilder(lines, loader)
    try:
        return builder.build(), builder.problems
    except yaml.MarkedYAMLError as error:
        builder.problems.append(_explain(error, lines.text))
    except (ValueError, OverflowError):
        # PyYAML raises these for "\\U" escapes and directives with huge numbers.
        offset = builder.offset()
        builder.problems.append(Problem(Span(offset, offset + 1), "A number here is too large."))
    except _StopReadingError:
        pass
    return None, builder.problems


def _explain(error: yaml.MarkedYAMLError, text: str) -> Problem:
    problem_text = f"{error.context or ''} {error.problem or ''}"
    mark = error.problem_mark or error.context_mark
    if "end of stream" in problem_text or "expected ',' or" in problem_text:
        mark = error.context_mark or mark
    offset = min(mark.index if mark else 0, max(0, len(text.rstrip()) - 1))
    span = Span(offset, offset + 1)
    if pasted_spaces := list(PASTED_SPACE.finditer(text, 0, offset)):
        return Problem(
            Span(pasted_spaces[-1].end() - 1, pasted_spaces[-1].end()), PASTED_SPACE_MESSAGE
        )
    line_begin = max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1
    if BLOCK_ERRORS.search(problem_text) and (
        end := ENDED_TOO_EARLY.search(text, line_begin, offset)
    ):
        quote = end[0][0] in "\"'"
        return Problem(span, ENDED_BY_QUOTE if quote else ENDED_BY_BRACKET.format(end[0][0]))
    for pattern, message in YAML_ERROR_MESSAGES:
        if match := re.search(pattern, problem_text):
            return Problem(span, message.format(*match.groups()))
    return Problem(span, f"This cannot be read as YAML: {error.problem}.")


class _TreeBuilder:
    """Builds nodes from events; unsupported YAML is reported and left empty."""

    def __init__(self, lines: Lines, loader: Any) -> None:
        self.problems: list[Problem] = []
        self._lines = lines
        self._loader: Any = loader(lines.text)

    def offset(self) -> int:
        index: int = getattr(self._loader, "index", 0)
        return index

    def build(self) -> Node | None:
        self._next_event()  # StreamStartEvent
        if isinstance(self._next_event(), yaml.StreamEndEvent):
            return None
        root = self._build_node(self._next_event(), ())
        if isinstance(root, ScalarNode) and not root.text:
            return None
        self._next_event()  # DocumentEndEvent
        following = self._next_event()
        if not isinstance(following, yaml.StreamEndEvent):
            self._report(following, 'A second document begins here. Take the "---" line out.', ())
        return root

    def _next_event(self) -> Any:
        return self._loader.get_event()

    def _build_node(self, event: Any, path: NodePath) -> Node:
        if len(path) > MAX_DEPTH:
            self._report(event, "This is nested too deeply.", path)
            raise _StopReadingError
        if isinstance(event, yaml.AliasEvent):
            self._report(
                event, f"{quoted(f'*{event.anchor}')}: {ANCHORS_UNSUPPORTED}", path, final=True
            )
            return ScalarNode("", _span(event))
        if event.anchor:
            self._report(event, f"{quoted(f'&{event.anchor}')}: {ANCHORS_UNSUPPORTED}", path)
        elif event.tag:
            self._report(event, _tag_message(event.tag), path)
        if isinstance(event, yaml.MappingStartEvent):
            return self._build_mapping(event, path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._build_list(event, path)
        return self._build_scalar(event, path)

    def _build_scalar(self, event: Any, path: NodePath) -> ScalarNode:
        comment = None if event.style in BLOCK_STYLES else self._close_comment(event)
        if comment and TIGHT_COMMENT.match(self._lines.text[comment.start : comment.end]):
            self.problems.append(Problem(comment, CUT_OFF, path, final=True))
        if event.implicit[0] and event.value in NULL_SPELLINGS:
            return ScalarNode("", _span(event))
        if INVISIBLE_CHARS.search(event.value):
            self._report(
                event, "This hides an invisible character. Write it without.", path, final=True
            )
            return ScalarNode("", _span(event))
        return ScalarNode(event.value, _span(event), comment)

    def _close_comment(self, event: Any) -> Span | None:
        """Returns a comment that may be a part of the value: one blank behind it, or below it."""
        text, end = self._lines.text, event.end_mark.index
        if match := (CLOSE_COMMENT if event.value else COMMENT_AS_VALUE).match(text, end):
            return Span(*match.span(1))
        match = CONTINUED_BY_COMMENT.match(text, end) if event.value else None
        if match is None:
            return None
        line = self._lines.begin(self._lines.position(event.start_mark.index)[0])
        indent = len(text[line : event.start_mark.index]) - len(
            text[line : event.start_mark.index].lstrip(" ")
        )
        return Span(*match.span(2)) if len(match[1]) > indent else None

    def _build_list(self, start: Any, path: NodePath) -> ListNode:
        list_node = ListNode([], _span(start))
        while not isinstance(event := self._next_event(), yaml.SequenceEndEvent):
            child_path = (*path, len(list_node.items))
            problem_count = len(self.problems)
            node = self._build_node(event, child_path)
            if (
                isinstance(node, ScalarNode)
                and not node.text
                and problem_count == len(self.problems)
            ):
                self._report(event, "This entry of the list is empty.", child_path, final=True)
            list_node.items.append(node)
        return list_node

    def _build_mapping(self, start: Any, path: NodePath) -> MappingNode:
        mapping = MappingNode({}, _span(start))
        while not isinstance(event := self._next_event(), yaml.MappingEndEvent):
            key = self._build_key(event, path)
            child_path = (*path, key or "?")
            problem_count = len(self.problems)
            node = self._build_node(self._next_event(), child_path)
            if key in mapping.entries:
                line, _ = self._lines.position(mapping.entries[key].span.start)
                self._report(
                    event, f"{quoted(key)} is written twice; first on line {line}.", child_path
                )
            elif key:
                mapping.entries[key] = MappingEntry(_span(event), node, key)
                if (
                    isinstance(node, ScalarNode)
                    and not node.text
                    and problem_count == len(self.problems)
                ):
                    message = f"{quoted(key)} is empty{self._null_hint(node)}"
                    self._report(event, message, child_path, final=True)
        return mapping

    def _null_hint(self, node: ScalarNode) -> str:
        word = self._lines.text[node.span.start : node.span.end]
        if not word.isalpha():
            return "."
        return f": {word} means nothing. For the word itself, write it in quotes."

    def _build_key(self, event: Any, path: NodePath) -> str:
        """Returns the key's text, or an empty string if it cannot be a key."""
        node = self._build_node(event, (*path, "?"))
        if not isinstance(node, ScalarNode):
            self._report(event, "A list or a table cannot be a key. Write a word.", path)
            return ""
        if node.text == "<<" and event.implicit[0]:
            self._report(event, '"<<" is not used here. Write the lines out.', path)
            return ""
        if not node.text and not isinstance(event, yaml.AliasEvent):
            self._report(event, 'A key is missing before the ":".', path)
        return node.text

    def _report(self, event: Any, message: str, path: NodePath, *, final: bool = False) -> None:
        self.problems.append(Problem(_span(event), message, path, final))


def _tag_message(tag: str) -> str:
    if tag.startswith("tag:"):
        return f"{quoted(tag)}: tags are not used here. Take it out."
    return 'A value cannot begin with "!". Put the whole value in quotes.'


def _span(event: Any) -> Span:
    return Span(event.start_mark.index, event.end_mark.index)
