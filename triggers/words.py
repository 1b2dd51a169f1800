"""The owner's words for a rule."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from settings.values import Comparison, DailyLimit, Length, Slug, YesNo
from settings.words import ByVerb, Words

Event = Literal["visit", "order placed", "points spent"]


class Facts(Words):
    """All of these must hold."""

    visits: Comparison | None = None
    orders: Comparison | None = None
    total_spent: Comparison | None = None
    cart_total: Comparison | None = None
    points: Comparison | None = None
    csat: Comparison | None = None
    nps: Comparison | None = None
    tags: list[str] | None = None


class Send(Words):
    send: Slug
    with_: dict[str, str] | None = None
    approve_first: YesNo = False


class Wait(Words):
    wait: Length


class DoTask(Words):
    task: str
    due_in: Length | None = None


class Branch(Words):
    if_: Facts
    then: Annotated[list[Step], Field(min_length=1)]
    else_: list[Step] = Field(default_factory=list)


Step = Annotated[Send | Wait | DoTask | Branch, ByVerb()]


class Rule(Words):
    when: Literal[
        "cart abandoned",
        "no visit",
        "birthday",
        "survey answered",
        "points earned",
        "points expire",
        "subscribed",
    ]
    for_: Length | Literal["longer than usual"] | None = None
    in_: Length | None = None
    if_: Facts | None = None
    unless: Facts | None = None
    then: Annotated[list[Step], Field(min_length=1)]
    stop_when: Event | None = None
    at_most_late: Length | None = None
    include_backlog: DailyLimit | None = None
