"""A correction: the one mail that says of another that it was a mistake."""

from __future__ import annotations

import json

from mail.render.facts import MistakeFacts

LETTER = "correction"
OOPS = "oops:"  # no rule of the owner's can have a colon in its name
WHY = "we wrote to you by mistake"


def corrections_of(rule: str) -> str:
    """The name under which the corrections of a rule's mails go: its own pause is not theirs."""
    return f"{OOPS}{rule}"


def corrects(name: str) -> bool:
    return name.startswith(OOPS)


def step_of(mistake: str, before: int) -> str:
    """The mail it is about, by id; drafted anew, it is another correction of the same mail."""
    return f"{mistake}/{before + 1}" if before else mistake


def mistake_of(rule: str, extra: str) -> MistakeFacts | None:
    """What a correction tells of the mail it is about; its step is that mail's id."""
    return MistakeFacts(**json.loads(extra)) if corrects(rule) else None
