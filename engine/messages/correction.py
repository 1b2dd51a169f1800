"""A correction: the one mail that says of another that it was a mistake."""

from __future__ import annotations

import json

from mail.render.facts import MistakeFacts

TEMPLATE = "correction"
RULE_PREFIX = "oops:"  # no rule of the owner's can have a colon in its name
CAUSE = "we wrote to you by mistake"


def correction_rule(rule: str) -> str:
    """The name under which the corrections of a rule's mails go: its own pause is not theirs."""
    return f"{RULE_PREFIX}{rule}"


def is_correction_rule(rule: str) -> bool:
    return rule.startswith(RULE_PREFIX)


def correction_step(message_id: str, earlier_drafts: int) -> str:
    """The mail it is about, by id; drafted anew, it is another correction of the same mail."""
    return f"{message_id}/{earlier_drafts + 1}" if earlier_drafts else message_id


def mistake_facts(rule: str, extra: str) -> MistakeFacts | None:
    """What a correction tells of the mail it is about; its step is that mail's id."""
    return MistakeFacts(**json.loads(extra)) if is_correction_rule(rule) else None
