"""Letters to the owner: plain words, and the same in a page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, select_autoescape
from jinja2.sandbox import ImmutableSandboxedEnvironment

import templates

PACKAGED_FOLDER = Path(templates.__file__).parent / "owner"


@dataclass(frozen=True)
class DigestTask:
    words: str
    customer: str
    late: bool


@dataclass(frozen=True)
class OverdueCustomer:
    """A regular who, by their own rhythm, should have come."""

    name: str
    visits: int
    last: str


@dataclass(frozen=True)
class MorningFacts:
    """All that the morning letter speaks of."""

    shop: str
    counts: Sequence[tuple[str, int]]
    waiting: int
    doubt: int
    held: Sequence[str]
    tasks: Sequence[DigestTask]
    stale: Sequence[str]
    overdue: Sequence[OverdueCustomer]


def render_morning_mail(facts: MorningFacts) -> tuple[str, str]:
    """As text, and as a page."""
    text = _environment().get_template("morning.txt").render(asdict(facts))
    text = re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
    paragraphs = text.strip().split("\n\n")
    return text, _environment().get_template("morning.html").render(paragraphs=paragraphs)


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(PACKAGED_FOLDER),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
    )
