"""`preview`: mails as they would look, into a folder, to nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from triggers.words import Send

FOLDER = "preview"


@dataclass(frozen=True)
class Sheet:
    """A letter to look at, and the rule whose words it takes."""

    rule: str
    step: Send
    has_cart: bool


def run(config: Path, *, letter: str | None, customer: str | None, now: datetime) -> None:
    """One HTML file and one text file a letter."""
    raise NotImplementedError((config, letter, customer, now))
