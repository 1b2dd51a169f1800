"""Rows of a file as answers to a survey. Pure and total, like all rows of files."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from connectors import parse_values
from connectors.csv.rows import SURPLUS, How, Line, when, whose
from connectors.stream import Understood
from shop.ingest.arrivals import Arrivals
from shop.types.moment import microseconds

SCALES = {"csat": (1, 5), "nps": (0, 10)}
NUMBER = re.compile(r"(-?[0-9]{1,6})(?:[.,]0+)?")
MOST_WORDS = 4_000
NAMED_BY = ("customer", "when", "survey")


@dataclass(frozen=True)
class Given:
    """One answer; `key` is made of who answered which survey when."""

    key: str
    line: Line


def told_apart(lines: Iterable[Line]) -> Iterator[Given]:
    """An answer that was corrected in the file stays the same answer."""
    seen: Counter[bytes] = Counter()
    for line in lines:
        said = "\x1f".join(line.says.get(name, "").casefold() for name in NAMED_BY)
        mark = hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=12).digest()
        seen[mark] += 1
        yield Given(f"{mark.hex()}-{seen[mark]}", line)


def answer(given: Given, how: How, read_at: datetime) -> Understood:
    says, place = given.line.says, f"line {given.line.number}"
    if given.line.surplus:
        return Understood(place, faults=(SURPLUS,))
    answered = when(says.get("when", ""), "when", how, read_at)
    scores = {name: score(name, says.get(name, "")) for name in SCALES}
    words = parse_values.text(says.get("words"), MOST_WORDS)
    faults = [found for found in scores.values() if isinstance(found, str)]
    faults += [] if answered else ["The date is none."]
    if not faults and words is None and set(scores.values()) == {None}:
        faults = ["The answer says nothing."]
    if faults or answered is None:
        return Understood(place, faults=tuple(faults))
    who, identities, unknown = whose(says.get("customer", ""), how, read_at)
    row = {
        "source": how.source, "external_id": given.key, "customer_source": who[0],
        "customer_key": who[1], "answered_at": answered, **scores, "words": words,
        "survey": parse_values.text(says.get("survey")), "version": microseconds(read_at),
    }  # fmt: skip
    return Understood(place, Arrivals(identities, answers=[row]), tuple(unknown))


def score(name: str, written: str) -> int | str | None:
    """A whole number of its scale; in words why not; None where nothing is written."""
    if not written:
        return None
    least, most = SCALES[name]
    found = NUMBER.fullmatch(written)
    if found and least <= int(found[1]) <= most:
        return int(found[1])
    shown = f"of {int(found[1])}" if found else "is no whole number, and"
    return f"The {name} {shown} is not on the scale from {least} to {most}."
