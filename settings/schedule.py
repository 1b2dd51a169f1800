"""The `schedule:` block: intervals of `regulars serve`."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from settings.model import ConfigModel
from settings.values import Length, TimeOfDay

MAX_INTERVAL = timedelta(days=1)


def _validate_interval(length: Length) -> Length:
    """Rejects more than a day: rules about a day, such as birthdays, need a tick on that day."""
    if length.elapsed > MAX_INTERVAL:
        raise ValueError(f"{length} is too rarely. Write 1 day or less.")
    return length


Interval = Annotated[Length, AfterValidator(_validate_interval)]


class Schedule(ConfigModel):
    """How often `regulars serve` syncs, runs a tick and writes to the owner."""

    sync_every: Annotated[Interval, Field(description="How often the sources are read.")] = Length(
        15, "minutes"
    )
    look_every: Annotated[
        Interval, Field(description="How often the rules are looked at, and what is due is sent.")
    ] = Length(5, "minutes")
    morning_letter: Annotated[
        TimeOfDay | None,
        Field(description="When you are written to each day; never, if you say nothing."),
    ] = None
