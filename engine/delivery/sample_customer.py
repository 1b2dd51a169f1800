"""Facts of an invented customer, for previews."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from engine.config.owner_config import OwnerConfig
from engine.delivery.mail_text import reason_line, shop_facts, with_variables
from engine.messages.correction import correction_rule
from mail.render.mail_facts import MailFacts
from mail.render.sample_facts import sample_facts
from templates.language import Language
from triggers.config import Send
from triggers.registry import event_of

PREVIEW_LINK = "https://example.com/unsubscribe"  # a preview's link must not unsubscribe a customer
OPT_IN_AGE = timedelta(days=200)


def sample_rule_facts(
    config: OwnerConfig, rule: str, step: Send, *, now: datetime, language: Language | None = None
) -> MailFacts:
    """Returns the facts of an invented customer for one `step` of `rule`; one who reads `language`,
    else the shop's.
    """
    language = language or config.language
    variables = with_variables(config, step.with_ or {}, now, language)
    sample = _sample(config, rule, event_of(config.rules[rule]).facts, now, language)
    return replace(sample, with_=variables)


def sample_correction_facts(
    config: OwnerConfig, *, now: datetime, language: Language | None = None
) -> MailFacts:
    """Returns the facts of an invented customer for a correction."""
    facts = frozenset({"mistake"})
    return _sample(config, correction_rule("a-rule"), facts, now, language or config.language)


def _sample(
    config: OwnerConfig,
    rule: str,
    fact_names: Collection[str],
    now: datetime,
    language: Language,
) -> MailFacts:
    samples = sample_facts(
        available_parts=fact_names, with_=(), own_columns=config.own_columns, language=language
    )
    return replace(
        next(iter(samples)),
        shop=shop_facts(config),
        reason=reason_line(config, rule, "yes", now - OPT_IN_AGE, language),
        unsubscribe_url=PREVIEW_LINK,
    )
