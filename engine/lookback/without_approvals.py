"""A shop's rules as if the owner had approved each mail at once."""

from __future__ import annotations

from collections.abc import Sequence

from engine.config.owner_config import OwnerConfig
from settings.values import AskAbove
from triggers.config import Branch, Send, Step

NO_LIMIT = AskAbove(count=2**31 - 1, percent=None)


def without_approvals(config: OwnerConfig) -> OwnerConfig:
    """Returns `config` with no mail that waits for approval."""
    rules = {
        name: rule.model_copy(update={"then": _approved(rule.then)})
        for name, rule in config.rules.items()
    }
    sending = config.sending.model_copy(update={"ask_me_above": NO_LIMIT})
    return config.model_copy(update={"rules": rules, "sending": sending})


def _approved(steps: Sequence[Step]) -> list[Step]:
    return [_approved_step(step) for step in steps]


def _approved_step(step: Step) -> Step:
    if isinstance(step, Send):
        return step.model_copy(update={"approve_first": False, "approve_within": None})
    if isinstance(step, Branch):
        branches = {"then": _approved(step.then), "else_": _approved(step.else_)}
        return step.model_copy(update=branches)
    return step
