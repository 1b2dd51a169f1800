"""The `loyalty:` block of config.yaml: the points programme."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from loyalty.fold import OWN_SOURCE as LEDGER
from settings.model import ConfigModel
from settings.text_value import TextValue, quoted, with_unit
from settings.values import Length, Slug
from settings.yaml.load import Check, Plain, Violation

IN_HOUSE = "ours"
MAX_EARN_POINTS = 10_000
"""Upper bound of points per unit of money; more is taken for a typing mistake."""
MAX_REWARD_POINTS = 1_000_000
AMOUNT = r"[0-9]{1,7}(?:\.[0-9]{1,2})?"
CURRENCY = r"[€$£¥]|\b(?:eur|usd|gbp|chf|euros?|dollars?|pounds?)\b"
LOOSE_EARN_PATTERN = (
    "(an?|[0-9]{1,5}) ?(?:points?|pts?|p)? ?(?:per|for|an?|every|each|/)(?: (?:an?|every|each))? ?"
    "(?:([0-9]{1,7}(?:[.,][0-9]{1,2})?)|(?:visit|order|purchase|time))"
)


@dataclass(frozen=True)
class Earn(TextValue):
    """Points for an amount of money, or for each visit where `per` is None."""

    points: int
    per: Decimal | None

    json_schema: ClassVar[dict[str, Any]] = {
        "type": "string",
        "pattern": rf"^0*[1-9][0-9]{{0,4}} points? per (visit|{AMOUNT})$",
        "examples": ["1 point per 1", "1 point per 10", "1 point per visit"],
        "description": "Points per amount of the shop's currency, or per visit.",
    }

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parses `2 points per 10` or `1 point per visit`; raises ValueError with a suggestion."""
        match = re.fullmatch(rf"([0-9]{{1,7}}) points? per (visit|{AMOUNT})", text)
        if not match:
            raise ValueError(_suggest_earn(text.casefold()))
        points, per = int(match[1]), None if match[2] == "visit" else Decimal(match[2])
        if points == 0:
            raise ValueError("0 points would earn nothing. Write 1 or more.")
        if points > MAX_EARN_POINTS:
            raise ValueError(
                f"{points} points are too many at once. Write {MAX_EARN_POINTS} or fewer."
            )
        if per is not None and per == 0:
            raise ValueError("Points per 0 would never end. Write an amount, like 1 point per 1.")
        return cls(points, per)

    def __str__(self) -> str:
        return f"{with_unit(self.points, 'points')} per {_per_text(self.per)}"


def _per_text(per: Decimal | None) -> str:
    return "visit" if per is None else f"{per:f}"


def _suggest_earn(text: str) -> str:
    without_currency = _without_currency(text)
    match = re.fullmatch(LOOSE_EARN_PATTERN, without_currency)
    if match and match[1] != "0":
        points = with_unit(1 if match[1] in ("a", "an") else int(match[1]), "points")
        currency_hint = (
            ", without a currency: amounts are in the shop's own"
            if without_currency != text
            else ""
        )
        return f"Write {points} per {(match[2] or 'visit').replace(',', '.')}{currency_hint}."
    return (
        f"{quoted(text)} does not say how points are earned. "
        "Write 1 point per 1, 1 point per 10 or 1 point per visit."
    )


def _without_currency(text: str) -> str:
    """Returns `1 point per 10` for `1 point per 10 EUR`, `1 point per 1` for `1 point per euro`."""
    without_currency = " ".join(re.sub(CURRENCY, " ", text).split())
    return (
        f"{without_currency} 1"
        if without_currency != text and not re.search("[0-9]$", without_currency)
        else without_currency
    )


@dataclass(frozen=True)
class Points(TextValue):
    """The price of a reward in points."""

    count: int

    json_schema: ClassVar[dict[str, Any]] = {
        "type": "string",
        "pattern": "^0*[1-9][0-9]{0,6} points?$",
        "examples": ["100 points"],
        "description": "How many points it costs.",
    }

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parses `100 points`; raises ValueError with a suggestion."""
        if match := re.fullmatch("([0-9]{1,9}) points?", text):
            return cls._within_limits(int(match[1]))
        if match := re.fullmatch(r"([0-9]{1,9}) ?(?:p|pts?|pkt)?\.?", text.casefold()):
            raise ValueError(f"Write {with_unit(int(match[1]) or 1, 'points')}.")
        raise ValueError(f"{quoted(text)} is no number of points. Write one like 100 points.")

    @classmethod
    def _within_limits(cls, count: int) -> Self:
        if count == 0:
            raise ValueError("0 points would give it away. Write 1 or more.")
        if count > MAX_REWARD_POINTS:
            raise ValueError(
                f"{count} points are beyond anybody. Write {MAX_REWARD_POINTS} or fewer."
            )
        return cls(count)

    def __str__(self) -> str:
        return with_unit(self.count, "points")


Reward = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class Loyalty(ConfigModel):
    """The points programme: its own, or one that a till runs."""

    programme: Annotated[
        Slug | Literal["ours"],
        Field(description="ours, or the name of the source that runs it, like till."),
    ] = IN_HOUSE
    earn: Annotated[Earn | None, Field(description="What customers get points for.")] = None
    expire_after: Annotated[
        Length | None, Field(description="When unspent points end; never, where it is left out.")
    ] = None
    rewards: Annotated[
        dict[Reward, Points], Field(description="What points are good for, and how many.")
    ] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _validate_programme(self) -> Loyalty:
        if self.is_in_house and self.earn is None:
            raise ValueError("Write earn: too, like earn: 1 point per 1.")
        if not self.is_in_house and (self.earn or self.expire_after):
            raise ValueError(
                f"{self.programme} runs this programme: how points are earned and when they end "
                "is set there. Leave out earn: and expire after:."
            )
        return self

    @property
    def is_in_house(self) -> bool:
        return self.programme == IN_HOUSE


def programme_source_check(labels: Mapping[str, str]) -> Check:
    """Return the check that `programme:` names a source whose platform can run points.

    `labels` are the platforms that can, by their word at `from:`.
    """

    def check(plain: Plain) -> Iterable[Violation]:
        loyalty, sources = _mapping(plain, "loyalty"), _mapping(plain, "sources")
        name = loyalty.get("programme", IN_HOUSE)
        if not isinstance(name, str) or name == IN_HOUSE:
            return
        if name not in sources:
            message = f"There is no source {quoted(name)}. Write ours, or its name."
            yield Violation(("loyalty", "programme"), message)
        elif _mapping(sources, name).get("from") not in labels:
            only = " or ".join(labels.values())
            message = f"{name} runs no programme of points: only {only} does."
            yield Violation(("loyalty", "programme"), message)

    return check


def check_reserved_names(plain: Plain) -> Iterable[Violation]:
    """Yields a violation for sources in `plain` whose names denote the in-house ledger."""
    for name in (IN_HOUSE, LEDGER):
        if name in _mapping(plain, "sources"):
            message = f"{quoted(name)} stands for points that Regulars counts. Name this otherwise."
            yield Violation(("sources", name), message, at="key")


def _mapping(plain: Plain | dict[str, Any], name: str) -> dict[str, Any]:
    child = plain.get(name) if isinstance(plain, dict) else None
    return child if isinstance(child, dict) else {}
