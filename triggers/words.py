"""The owner's words for a rule."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from settings.values import Comparison, DailyLimit, Length, Slug
from settings.words import ByVerb, Words
from triggers.whens import When


class StopWhen(StrEnum):
    VISIT = "visit"
    ORDER_PLACED = "order placed"


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
    when: When
    for_: Length | None = None
    if_: Facts | None = None
    then: Annotated[list[Step], Field(min_length=1)]
    stop_when: StopWhen | None = None
    at_most_late: Length | None = None
    include_backlog: DailyLimit | None = None
