"""The owner's words for a rule."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from settings.values import Comparison, DailyLimit, Length, Slug
from settings.words import ByVerb, Words


class Facts(Words):
    """All of these must hold."""

    visits: Comparison | None = None
    orders: Comparison | None = None
    total_spent: Comparison | None = None
    cart_total: Comparison | None = None


class Send(Words):
    send: Slug
    with_: dict[str, str] | None = None


class Wait(Words):
    wait: Length


Step = Annotated[Send | Wait, ByVerb()]


class Rule(Words):
    when: Literal["cart abandoned", "no visit"]
    for_: Length | None = None
    if_: Facts | None = None
    then: Annotated[list[Step], Field(min_length=1)]
    stop_when: Literal["visit", "order placed"] | None = None
    at_most_late: Length | None = None
    include_backlog: DailyLimit | None = None
