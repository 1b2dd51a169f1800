"""The end of a message."""

from __future__ import annotations

from dataclasses import dataclass

from engine.message_states import State


@dataclass(frozen=True)
class Settlement:
    """The final state of a message, with a reason."""

    message_id: str
    state: State
    reason: str | None = None
