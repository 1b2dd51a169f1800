"""Says in plain English what a rule and each of its steps does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from settings.values import LeadTime
from triggers.config import Branch, DoTask, Rule, Send, StopEvent, Wait
from triggers.facts.config import Facts
from triggers.registry import event_of
from triggers.steps import AnyStep

MAX_STEPS = 5  # that a sentence names
USUAL = "longer than usual"
STOPS: Mapping[StopEvent, str] = {
    "visit": "they come",
    "order placed": "they order",
    "points spent": "they spend points",
}


def rule_sentence(rule: Rule) -> str:
    """Returns what `rule` does in one sentence: event, condition, steps, and what ends it."""
    condition = f", if {facts_text(rule.if_)}" if rule.if_ else ""
    exception = f", unless {facts_text(rule.unless)}" if rule.unless else ""
    stop = f" It stops when {STOPS[rule.stop_when]}." if rule.stop_when else ""
    return f"{event_text(rule)}{condition}{exception}: {_steps_text(list(rule.then))}.{stop}"


def event_text(rule: Rule) -> str:
    """Returns when `rule` begins: When a cart was left 3 hours ago."""
    sentences = event_of(rule).sentences()
    if rule.for_ == USUAL:
        return str(sentences.RULE_USUAL)
    length = rule.for_ or rule.in_
    if isinstance(length, LeadTime) and not length.count:
        return str(sentences.RULE_SAME_DAY)
    return str(getattr(sentences, "RULE", f"On {rule.when}")).format(length=length)


def facts_text(facts: Facts) -> str:
    """Returns conditions in words: visits at least 4 and tags vip."""
    return " and ".join(_conditions(facts))


def step_title(step: AnyStep) -> str:
    """Returns what a step does in a few words."""
    match step:
        case Send():
            return f"Send {step.send}"
        case Wait():
            return f"Wait {step.wait}"
        case DoTask():
            return f"Task: {step.task}"
        case Branch():
            return f"If {facts_text(step.if_)}"


def step_detail(step: AnyStep) -> str:
    """Returns what else a step says; empty for nothing."""
    if isinstance(step, Send) and step.needs_approval:
        within = f" within {step.approve_within}" if step.approve_within else ""
        return f"waits for your word{within}"
    if isinstance(step, DoTask) and step.due_in:
        return f"due in {step.due_in}"
    return ""


def _conditions(facts: Facts) -> Iterator[str]:
    for name, expected in facts:
        if expected is None:
            continue
        label = name.replace("_", " ")
        if isinstance(expected, dict):
            yield from (f"{column} {condition}" for column, condition in expected.items())
        elif isinstance(expected, list):
            yield f"{label} {', '.join(expected)}"
        else:
            yield f"{label} {expected}"


def _steps_text(steps: list[AnyStep]) -> str:
    texts = [_step_text(step) for step in steps[:MAX_STEPS]]
    if len(steps) > MAX_STEPS:
        texts.append(f"and {len(steps) - MAX_STEPS} more")
    return ", then ".join(texts) if len(texts) < MAX_STEPS else ", ".join(texts)


def _step_text(step: AnyStep) -> str:
    match step:
        case Send():
            return f"send {step.send}"
        case Wait():
            return f"wait {step.wait}"
        case DoTask():
            return f"leave you the task “{step.task}”"
        case Branch():
            otherwise = f", else {_branch_text(list(step.else_))}" if step.else_ else ""
            return f"if {facts_text(step.if_)} {_branch_text(list(step.then))}{otherwise}"


def _branch_text(steps: list[AnyStep]) -> str:
    """The first step of a branch: what follows is in the diagram."""
    more = f" and {len(steps) - 1} more" if len(steps) > 1 else ""
    first = steps[0]
    is_nested = isinstance(first, Branch)
    return f"{'ask again' if is_nested else _step_text(first)}{more}"
