"""Limits that keep a template from using up stack, time or memory.

The parsers of CSS and HTML recurse for nested elements, and search far ahead for what is not
closed; Jinja and Python recurse for nested expressions. The limits are far above any real letter.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

from jinja2 import Template, nodes

from mail.render.sandbox_environment import LoopBudget

MAX_TREE_DEPTH = 100
MAX_TREE_NODES = 4_000
MAX_ELEMENTS = 2_000
MAX_ELEMENT_DEPTH = 100
MAX_UNCLOSED = 50  # tags and comments without an end
# Gmail hides what comes after 102 kB of HTML, and the unsubscribe link with it.
MAX_OUTPUT_BYTES = 100_000
TOO_LARGE = f"it grows beyond {MAX_OUTPUT_BYTES // 1000} kB"
START_TAG = re.compile(r"<[a-zA-Z]")
TAG_OPENERS = tuple("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/!?")
VOID_TAGS = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
)
# Their end tags may be left out: the next of them closes the one before.
OPTIONAL_END = frozenset({"dd", "dt", "li", "option", "p", "tbody", "td", "th", "tr"})


class TemplateLimitError(ValueError):
    """A template beyond a limit; the message says which, `line` where (0 for the whole)."""

    def __init__(self, sentence: str, line: int = 0) -> None:
        super().__init__(sentence)
        self.line = line


def check_tree(tree: nodes.Template) -> None:
    """Raises TemplateLimitError where Jinja's `tree` is too deep or too large to be compiled."""
    level: list[nodes.Node] = [tree]
    total, depth = 0, 0
    while level:
        total, depth = total + len(level), depth + 1
        if depth > MAX_TREE_DEPTH:
            raise TemplateLimitError("This nests too deeply", level[0].lineno or 0)
        if total > MAX_TREE_NODES:
            raise TemplateLimitError(f"It has more than {MAX_TREE_NODES:,} parts")
        level = [child for node in level for child in node.iter_child_nodes()]


def check_html(html: str) -> None:
    """Raises TemplateLimitError where a parser would need too much stack or time for `html`."""
    if len(START_TAG.findall(html)) > MAX_ELEMENTS:
        raise TemplateLimitError(f"it has more than {MAX_ELEMENTS:,} elements")
    if _count_unclosed(html) > MAX_UNCLOSED:
        raise TemplateLimitError(f"more than {MAX_UNCLOSED} of its tags or comments have no end")
    depth = _DepthReader()
    depth.feed(html)
    depth.close()


def _count_unclosed(html: str) -> int:
    """Tags without > before the next <, and comments after the last end of one."""
    tags = html.split("<")[1:]
    unclosed = sum(tag.startswith(TAG_OPENERS) and ">" not in tag for tag in tags)
    return unclosed + html.rpartition("-->")[2].count("<!--")


class _DepthReader(HTMLParser):
    """Follows which elements are open; one that is never closed counts to the end."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID_TAGS:
            return
        if tag in OPTIONAL_END and self._open and self._open[-1] == tag:
            return
        self._open.append(tag)
        if len(self._open) > MAX_ELEMENT_DEPTH:
            raise TemplateLimitError(
                f"more than {MAX_ELEMENT_DEPTH} elements are open inside each other: "
                f"close each <{tag}>",
            )

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()


def fill(
    template: Template, variables: Mapping[str, Any], *, max_seconds: float | None = None
) -> str:
    """Returns the text of `template` with `variables`; stops as soon as it grows too large.

    Raises ValueError beyond MAX_OUTPUT_BYTES, or where it takes more than `max_seconds` of this
    thread's processor time.
    """
    context = template.new_context({**variables, LoopBudget.KEY: LoopBudget()})
    parts, size = [], 0
    started = time.thread_time()
    for part in template.root_render_func(context):
        size += len(part)
        if size > MAX_OUTPUT_BYTES:
            raise ValueError(TOO_LARGE)
        if max_seconds is not None and time.thread_time() - started > max_seconds:
            raise ValueError(f"it takes longer than {max_seconds:g} seconds")
        parts.append(part)
    return "".join(parts)
