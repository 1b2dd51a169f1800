"""Conditions on a text, such as `contains nuts`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Self

from settings.comparisons import NUMBER, Comparison, Op
from settings.text_value import TextValue, quoted

MAX_CHARS = 200


class TextOp(StrEnum):
    """How a text is compared; the longer words first, since some begin with shorter ones."""

    IS_NOT = "is not"
    IS = "is"
    CONTAINS_NOT = "does not contain"
    CONTAINS = "contains"
    ONE_OF = "one of"
    KNOWN = "known"
    UNKNOWN = "not known"


BARE = (TextOp.KNOWN, TextOp.UNKNOWN)
FORMS = "is …, is not …, contains …, does not contain …, one of …, …, known, not known"
SYNONYMS = {
    **dict.fromkeys(("includes", "has", "include", "contain", "with"), TextOp.CONTAINS),
    **dict.fromkeys(("isn't", "is no", "not", "!="), TextOp.IS_NOT),
    **dict.fromkeys(("doesn't contain", "contains not", "without"), TextOp.CONTAINS_NOT),
    **dict.fromkeys(("any of", "is one of", "in"), TextOp.ONE_OF),
    **dict.fromkeys(("=", "==", "equals", "equal to"), TextOp.IS),
}


@dataclass(frozen=True)
class TextCondition(TextValue):
    """A text must be or contain one of `words`, or compare with a number."""

    op: TextOp | None
    words: tuple[str, ...] = ()
    comparison: Comparison | None = None

    json_schema: ClassVar[dict[str, Any]] = {
        "type": "string",
        "pattern": (
            f"^(?:(?:is|contains|does not contain|one of) .*\\S|known|not known|"
            f"(?:{'|'.join(Op)}) {NUMBER})$"
        ),
        "examples": ["contains nuts", "one of gold, silver", "at least 2"],
        "description": f"{FORMS}, or a comparison with a number.",
    }

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parses `contains nuts`, `one of gold, silver` or `at least 2`; raises ValueError."""
        if any(text.startswith(f"{op} ") for op in Op):
            return cls(None, comparison=Comparison.parse(text))
        if text in BARE:
            return cls(TextOp(text))
        if len(text) > MAX_CHARS:
            raise ValueError(f"Write at most {MAX_CHARS} letters.")
        for op in TextOp:
            if op not in BARE and text.startswith(f"{op} "):
                return cls(op, tuple(_words(op, text.removeprefix(f"{op} "))))
        raise ValueError(_suggest(text))

    def __str__(self) -> str:
        if self.comparison:
            return str(self.comparison)
        return f"{self.op} {', '.join(self.words)}".strip()


def _words(op: TextOp, text: str) -> Iterator[str]:
    """Yields the words after `op`; those of a list may stand in brackets."""
    if op is not TextOp.ONE_OF:
        yield text
        return
    words = [word.strip() for word in re.sub(r"^\[(.*)\]$", r"\1", text).split(",")]
    if not all(words):
        raise ValueError("Write words with a comma between, like one of gold, silver.")
    yield from words


def _suggest(text: str) -> str:
    for synonym in sorted(SYNONYMS, key=len, reverse=True):
        if text.casefold().startswith(f"{synonym} "):
            return f"Write {SYNONYMS[synonym]} {text[len(synonym) :].strip()}."
    words = [op for op in TextOp if op not in BARE and text.casefold() == op]
    if words:
        return f"{quoted(text)} what? Write {words[0]} nuts, for example."
    return f"Write is {text} or contains {text}. There are: {FORMS}, and at least 2."
