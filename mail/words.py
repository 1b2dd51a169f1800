"""The owner's words for sending."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from settings.values import AskAbove, EmailLimit, HoursOfDay, NamedAddress, TimeOfDay
from settings.words import Words


class Sending(Words):
    """How mail leaves the shop, and how much of it."""

    through: Literal["outbox"] = "outbox"
    folder: str = "outbox"
    from_: NamedAddress
    quiet_hours: HoursOfDay | None = None
    usual_time: Annotated[
        TimeOfDay | None,
        Field(description="When mail goes that has a day of its own but no hour."),
    ] = None
    no_more_than: EmailLimit | None = None
    ask_me_above: AskAbove = AskAbove.read("50 or 5 %")
