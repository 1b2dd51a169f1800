"""An export of another program: by what it is recognised, and how its columns are read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from connectors.csv.guess.headings import heading_words

Headings = tuple[str, ...]


def headings(text: str) -> Headings:
    """Return the headings of `text`, which stand in it with commas and line breaks between."""
    return tuple(part.strip() for part in re.split(r"[,\n]", text) if part.strip())


def heading_key(heading: str) -> str:
    """Return `heading` without capitals, accents, blanks and punctuation."""
    return "".join(heading_words(heading))


@dataclass(frozen=True)
class Preset:
    """One file of an export.

    A file is one of it if it has at least `needed` of the headings `marks`, one of each group in
    `distinct`, and none of `foreign`. `columns` gives the headings of each role, the preferred one
    first; a role without headings is never filled. `headings` are all of the export as published at
    `page`; without a page they are untried. `details_of` names the preset whose orders are in this
    file once more. `file_name` is what the file's name must match, where headings cannot tell.
    `own` are the headings under which the shop writes what it wants, such as tags.
    """

    name: str
    title: str
    holds: str
    headings: Headings
    marks: Headings
    columns: Mapping[str, Headings]
    needed: int = 4
    distinct: tuple[Headings, ...] = ()
    foreign: Headings = ()
    said_no: Headings = ()
    total_is_of: str | None = None
    details_of: str | None = None
    page: str | None = None
    notes: tuple[str, ...] = ()
    own: Headings = ()
    left_out: Mapping[str, Headings] = field(default_factory=dict)
    file_name: re.Pattern[str] | None = None

    @property
    def program(self) -> str:
        """The program that wrote the file: Square."""
        return self.title.partition(":")[0]

    @cached_property
    def keys(self) -> frozenset[str]:
        """All headings of the export, folded."""
        return frozenset(map(heading_key, self.headings))

    def score(self, keys: frozenset[str], file_name: str) -> int:
        """Return how many marks are among the folded headings `keys`; 0 where it does not fit."""
        score = sum(heading_key(mark) in keys for mark in self.marks)
        if score < self.needed or any(heading_key(other) in keys for other in self.foreign):
            return 0
        if not all(any(heading_key(mark) in keys for mark in group) for group in self.distinct):
            return 0
        if self.file_name and not self.file_name.search(file_name):
            return 0
        return score + bool(self.file_name)
