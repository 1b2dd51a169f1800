"""The owner's words for a programme of points."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from loyalty.fold import OURS as LEDGER
from settings.model import Words
from settings.text_value import Spoken, counted, quoted
from settings.values import Length, Slug
from settings.yaml.load import Fault, Plain

OURS = "ours"
MOST = 10_000
"""More points than this for one unit of money are a slip of the finger."""
DEAREST = 1_000_000
AMOUNT = r"[0-9]{1,7}(?:\.[0-9]{1,2})?"
CURRENCY = r"[€$£¥]|\b(?:eur|usd|gbp|chf|euros?|dollars?|pounds?)\b"
OTHERWISE = (
    "(an?|[0-9]{1,5}) ?(?:points?|pts?|p)? ?(?:per|for|an?|every|each|/)(?: (?:an?|every|each))? ?"
    "(?:([0-9]{1,7}(?:[.,][0-9]{1,2})?)|(?:visit|order|purchase|time))"
)


@dataclass(frozen=True)
class Earn(Spoken):
    """So many points for so much money, or for each visit where `per` is None."""

    points: int
    per: Decimal | None

    described: ClassVar[dict[str, Any]] = {
        "type": "string",
        "pattern": rf"^0*[1-9][0-9]{{0,4}} points? per (visit|{AMOUNT})$",
        "examples": ["1 point per 1", "1 point per 10", "1 point per visit"],
        "description": "Points per amount of the shop's currency, or per visit.",
    }

    @classmethod
    def read(cls, text: str) -> Self:
        """1 point per 1, 2 points per 10, 1 point per 0.50, 1 point per visit."""
        found = re.fullmatch(rf"([0-9]{{1,7}}) points? per (visit|{AMOUNT})", text)
        if not found:
            raise ValueError(_better_earn(text.casefold()))
        points, per = int(found[1]), None if found[2] == "visit" else Decimal(found[2])
        if points == 0:
            raise ValueError("0 points would earn nothing. Write 1 or more.")
        if points > MOST:
            raise ValueError(f"{points} points are too many at once. Write {MOST} or fewer.")
        if per is not None and per == 0:
            raise ValueError("Points per 0 would never end. Write an amount, like 1 point per 1.")
        return cls(points, per)

    def __str__(self) -> str:
        return f"{counted(self.points, 'points')} per {_spelt(self.per)}"


def _spelt(per: Decimal | None) -> str:
    return "visit" if per is None else f"{per:f}"


def _better_earn(text: str) -> str:
    bare = _without_currency(text)
    found = re.fullmatch(OTHERWISE, bare)
    if found and found[1] != "0":
        points = counted(1 if found[1] in ("a", "an") else int(found[1]), "points")
        money = ", without a currency: amounts are in the shop's own" if bare != text else ""
        return f"Write {points} per {(found[2] or 'visit').replace(',', '.')}{money}."
    return (
        f"{quoted(text)} does not say how points are earned. "
        "Write 1 point per 1, 1 point per 10 or 1 point per visit."
    )


def _without_currency(text: str) -> str:
    """1 point per 10 for 1 point per 10 EUR, and 1 point per 1 for 1 point per euro."""
    bare = " ".join(re.sub(CURRENCY, " ", text).split())
    return f"{bare} 1" if bare != text and not re.search("[0-9]$", bare) else bare


@dataclass(frozen=True)
class Points(Spoken):
    """What a reward costs."""

    count: int

    described: ClassVar[dict[str, Any]] = {
        "type": "string",
        "pattern": "^0*[1-9][0-9]{0,6} points?$",
        "examples": ["100 points"],
        "description": "How many points it costs.",
    }

    @classmethod
    def read(cls, text: str) -> Self:
        """100 points, 1 point."""
        if found := re.fullmatch("([0-9]{1,9}) points?", text):
            return cls._of(int(found[1]))
        if found := re.fullmatch(r"([0-9]{1,9}) ?(?:p|pts?|pkt)?\.?", text.casefold()):
            raise ValueError(f"Write {counted(int(found[1]) or 1, 'points')}.")
        raise ValueError(f"{quoted(text)} is no number of points. Write one like 100 points.")

    @classmethod
    def _of(cls, count: int) -> Self:
        if count == 0:
            raise ValueError("0 points would give it away. Write 1 or more.")
        if count > DEAREST:
            raise ValueError(f"{count} points are beyond anybody. Write {DEAREST} or fewer.")
        return cls(count)

    def __str__(self) -> str:
        return counted(self.count, "points")


Reward = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class Loyalty(Words):
    """Points for coming back, and what they are good for."""

    programme: Annotated[
        Slug | Literal["ours"],
        Field(description="ours, or the name of the source that runs it, like till."),
    ] = OURS
    earn: Annotated[Earn | None, Field(description="What customers get points for.")] = None
    expire_after: Annotated[
        Length | None, Field(description="When unspent points end; never, where it is left out.")
    ] = None
    rewards: Annotated[
        dict[Reward, Points], Field(description="What points are good for, and how many.")
    ] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whose(self) -> Loyalty:
        if self.is_ours and self.earn is None:
            raise ValueError("Write earn: too, like earn: 1 point per 1.")
        if not self.is_ours and (self.earn or self.expire_after):
            raise ValueError(
                f"{self.programme} runs this programme: how points are earned and when they end "
                "is set there. Leave out earn: and expire after:."
            )
        return self

    @property
    def is_ours(self) -> bool:
        return self.programme == OURS


def run_by_a_till(plain: Plain) -> Iterable[Fault]:
    """A programme that is not ours is one that Square runs, under the name of its source."""
    loyalty, sources = _mapping(plain, "loyalty"), _mapping(plain, "sources")
    name = loyalty.get("programme", OURS)
    if not isinstance(name, str) or name == OURS:
        return
    if name not in sources:
        yield Fault(
            ("loyalty", "programme"), f"There is no source {quoted(name)}. Write ours, or its name."
        )
    elif _mapping(sources, name).get("from") != "square":
        yield Fault(
            ("loyalty", "programme"), f"{name} runs no programme of points: only Square does."
        )


def names_kept(plain: Plain) -> Iterable[Fault]:
    """Points of a source and points of ours are told apart by the name of the source."""
    for name in (OURS, LEDGER):
        if name in _mapping(plain, "sources"):
            said = f"{quoted(name)} stands for points that Regulars counts. Name this otherwise."
            yield Fault(("sources", name), said, at="key")


def _mapping(plain: Plain | dict[str, Any], name: str) -> dict[str, Any]:
    found = plain.get(name) if isinstance(plain, dict) else None
    return found if isinstance(found, dict) else {}
