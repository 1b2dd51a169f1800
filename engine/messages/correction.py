"""A correction: the mail that tells a customer that another mail was a mistake."""

from __future__ import annotations

import json

from mail.render.mail_facts import MistakeFacts

TEMPLATE = "correction"
RULE_PREFIX = "oops:"  # rule names in config.yaml have no colon


def correction_rule(rule: str) -> str:
    """Returns the rule name of the corrections of `rule`; pausing the rule does not pause them."""
    return f"{RULE_PREFIX}{rule}"


def is_correction_rule(rule: str) -> bool:
    """Returns whether `rule` is the name of corrections."""
    return rule.startswith(RULE_PREFIX)


def correction_step(message_id: str, earlier_drafts: int) -> str:
    """Returns the step of a correction of `message_id`; each draft after the first has a number."""
    return f"{message_id}/{earlier_drafts + 1}" if earlier_drafts else message_id


def mistake_facts(rule: str, extra: str) -> MistakeFacts | None:
    """Returns the facts that a correction has about the wrong mail; None for other rules."""
    return MistakeFacts(**json.loads(extra)) if is_correction_rule(rule) else None
