"""The copy of a shipped template that a shop gets to edit, and whether it was edited.

A copy is in one form of address. Its first line holds a digest of the rest: as long as that is
right, readers of other languages get the shipped template in theirs.
"""

from __future__ import annotations

import hashlib
import re

HEAD = re.compile(r"\{# [^#]*\(copy ([0-9a-f]{12})\) #\}\n")
HEAD_TEXT = (
    "{{# This is Regulars' own mail, yours to change. Until you do, customers who read another "
    "language get it in theirs. (copy {digest}) #}}\n"
)
TAG = re.compile(r"\{%-? *(if|elif|else|endif)\b *([^%]*?) *-?%\}")
CONDITION = "formal"  # in templates: whether customers are addressed formally


def copy_of(source: str, *, formal: bool) -> str:
    """Returns the shop's copy of the template `source`, in one form of address."""
    text = in_one_form(source, formal=formal)
    return HEAD_TEXT.format(digest=_digest(text)) + text


def is_unchanged_copy(source: str) -> bool:
    """Returns whether `source` is a copy as `copy_of` wrote it."""
    head = HEAD.match(source)
    return head is not None and _digest(source[head.end() :]) == head[1]


def in_one_form(source: str, *, formal: bool) -> str:
    """Returns `source` without its choices between the forms of address, `{% if formal %}`."""
    parts: list[str] = []
    branches: list[bool | None] = []  # of each open if: is it written; None where it is no choice
    position = 0
    for tag in TAG.finditer(source):
        is_choice = tag[2] == CONDITION if tag[1] == "if" else branches[-1] is not None
        if False not in branches:
            parts.append(source[position : tag.start() if is_choice else tag.end()])
        position = _after_line(source, tag) if is_choice else tag.end()
        match tag[1]:
            case "if":
                branches.append(formal if is_choice else None)
            case "else" if is_choice:
                branches[-1] = not formal
            case "endif":
                branches.pop()
    return "".join(parts) + source[position:]


def _after_line(source: str, tag: re.Match[str]) -> int:
    """The end of `tag`, with its line break where it stands alone on its line."""
    is_first = tag.start() == 0 or source[tag.start() - 1] == "\n"
    return tag.end() + (is_first and source[tag.end() : tag.end() + 1] == "\n")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
