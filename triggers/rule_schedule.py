"""The part of a rule's configuration that decides its moments."""

from __future__ import annotations

from typing import Protocol

from settings.values import Length


class RuleTiming(Protocol):
    """What an event needs of a rule: `triggers.config.Rule` without its facts and steps."""

    @property
    def when(self) -> str: ...

    @property
    def for_(self) -> Length | str | None: ...

    @property
    def in_(self) -> Length | None: ...

    @property
    def at_most_late(self) -> Length | None: ...
