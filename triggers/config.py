"""The keys of a rule in config.yaml."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from settings.choice import Choice
from settings.model import ConfigModel, VerbDiscriminator
from settings.text.wording import OwnWording
from settings.values import DailyLimit, LeadTime, Length, Slug, YesNo
from triggers.facts.config import Facts
from triggers.registry import events

StopEvent = Literal["visit", "order placed", "points spent"]


class EventName(Choice):
    """The name of an event; which there are is known when the file is read."""

    @classmethod
    def choices(cls) -> Collection[str]:
        return events()


class Send(ConfigModel):
    """Sends the mail of a template."""

    send: Slug
    with_: dict[str, OwnWording] | None = None
    approve_first: YesNo = False
    approve_within: Annotated[
        Length | None, Field(description="How long the mail waits for your word before it ends.")
    ] = None

    @property
    def needs_approval(self) -> bool:
        """`approve within` alone implies approval."""
        return self.approve_first or self.approve_within is not None

    @model_validator(mode="after")
    def _check_approval(self) -> Self:
        refuses_approval = "approve_first" in self.model_fields_set and not self.approve_first
        if self.approve_within and refuses_approval:
            raise ValueError(
                f"approve within: {self.approve_within} is for mails that wait for your word, "
                "and with approve first: no they do not. Take one of the two out."
            )
        return self


class Wait(ConfigModel):
    """Delays the steps that follow."""

    wait: Length


class DoTask(ConfigModel):
    """Leaves a task for a person."""

    task: str
    due_in: Length | None = None


class Branch(ConfigModel):
    """Continues with `then` or with `else`."""

    if_: Facts
    then: Annotated[list[Step], Field(min_length=1)]
    else_: list[Step] = Field(default_factory=list)


Step = Annotated[Send | Wait | DoTask | Branch, VerbDiscriminator()]


class Rule(ConfigModel):
    """An event, conditions, and the steps that follow."""

    when: EventName
    for_: Length | Literal["longer than usual"] | None = None
    in_: LeadTime | None = None
    if_: Facts | None = None
    unless: Facts | None = None
    then: Annotated[list[Step], Field(min_length=1)]
    stop_when: StopEvent | None = None
    at_most_late: Length | None = None
    include_backlog: DailyLimit | None = None
