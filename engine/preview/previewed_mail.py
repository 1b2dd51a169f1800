"""Chooses what to preview: the mails of the rules, or any template, shipped or the shop's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from engine.config.owner_config import OwnerConfig
from engine.messages.correction import TEMPLATE as CORRECTION
from engine.messages.correction import correction_rule
from mail.render.renderer import Renderer
from settings.errors import WrongUsageError
from settings.model import nearest
from settings.text.wording import Wording
from shop.types.purpose import Purpose
from templates.language import Language, shipped_languages
from triggers.config import Rule, Send
from triggers.durations import lead_time
from triggers.registry import event_of
from triggers.steps import iter_sends

BIRTHDAY_LEAD = timedelta(days=3)
SAMPLE_VALUES = {"valid for": "14 days", "code": "CLARA10"}


@dataclass(frozen=True)
class PreviewedMail:
    """One template, and the rule whose mail it is; `rule` is empty where no rule sends it.

    `parts` are the facts that it may show besides the customer, `variables` the words that the
    owner gives it under `with`. A birthday is `birthday_lead` ahead.
    """

    template: str
    rule: str
    parts: frozenset[str]
    variables: Mapping[str, Wording]
    purpose: Purpose = Purpose.MARKETING
    birthday_lead: timedelta = BIRTHDAY_LEAD

    @property
    def origin(self) -> str:
        """Who sends it, in the owner's words."""
        if self.template == CORRECTION:
            return "regulars oops"
        return self.rule or "no rule sends it"


def select_mails(
    config: OwnerConfig, renderer: Renderer, template: str | None
) -> list[PreviewedMail]:
    """Returns the mail of `template`, or without one those of all templates that rules send.

    A template that several rules send is shown as the first of them sends it. Raises
    `WrongUsageError` where there is no such template.
    """
    sent = _sent_by_rules(config)
    if template is None:
        return list(sent.values())
    if template in sent:
        return [sent[template]]
    if template == CORRECTION:
        parts = frozenset({"mistake"})
        return [PreviewedMail(CORRECTION, correction_rule("a-rule"), parts, {}, Purpose.SERVICE)]
    if template not in renderer.template_names():
        raise WrongUsageError(_unknown_template(template, renderer.template_names()))
    uses = renderer.find_uses(template)
    return [PreviewedMail(template, "", uses.parts, _sample_values(uses.with_names))]


def _sent_by_rules(config: OwnerConfig) -> dict[str, PreviewedMail]:
    mails: dict[str, PreviewedMail] = {}
    for name, rule, step in _sends(config):
        event = event_of(rule)
        mail = PreviewedMail(
            step.send, name, event.facts, step.with_ or {}, event.purpose, lead_time(rule)
        )
        mails.setdefault(step.send, mail)
    return mails


def _sends(config: OwnerConfig) -> Iterator[tuple[str, Rule, Send]]:
    for name, rule in config.rules.items():
        yield from ((name, rule, step) for _, step in iter_sends(rule))


def _sample_values(names: Iterable[str]) -> dict[str, Wording]:
    """`valid until` follows from `valid for`; other words are a treat, in each language."""
    treats = {code: Language(code).sentences("samples").TREAT for code in shipped_languages()}
    given = [name.replace("_", " ").replace("valid until", "valid for") for name in names]
    return {name: SAMPLE_VALUES.get(name, treats) for name in given}


def _unknown_template(template: str, names: list[str]) -> str:
    similar = nearest(template, names)
    hint = f'Did you mean "{similar}"?' if similar else f"There are: {', '.join(names)}."
    return f"There is no template {template}. {hint}"
