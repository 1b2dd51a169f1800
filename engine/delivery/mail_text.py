"""Texts of mails that come from config.yaml: the shop, the reason line, the template variables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.config.owner_config import OwnerConfig
from engine.messages.correction import is_correction_rule
from mail.render.mail_facts import ShopFacts
from settings.values import Length
from triggers.registry import event_of


def shop_facts(config: OwnerConfig) -> ShopFacts:
    """Returns the shop as its mails name it; a `from` of "Ana at Corner Café" signs as Ana."""
    shop = config.shop
    signature = (config.sending.from_.name or shop.name).partition(" at ")[0]
    return ShopFacts(shop.name, shop.postal_address, shop.reply_to, signature, shop.currency)


def reason_line(
    config: OwnerConfig, rule_name: str, basis: str, opted_in_at: datetime | None
) -> str:
    """Returns the sentence that says why a customer gets a mail of `rule_name`."""
    sentences = config.language.sentences("mails")
    cause = _rule_cause(config, rule_name, sentences)
    if basis != "yes":
        return str(sentences.REASON.format(cause=cause))
    if opted_in_at is None:
        return str(sentences.REASON_OPTED_IN.format(cause=cause))
    date = config.language.date(opted_in_at.astimezone(config.shop.zone))
    return str(sentences.REASON_OPTED_IN_ON.format(cause=cause, date=date))


def _rule_cause(config: OwnerConfig, rule_name: str, sentences: Any) -> str:
    if is_correction_rule(rule_name):
        return str(sentences.CAUSE_CORRECTION)
    rule = config.rules.get(rule_name)
    if rule is None:
        return str(sentences.CAUSE_CUSTOMER)
    return str(event_of(rule).sentences(config.language).REASON)


def with_variables(
    config: OwnerConfig, owner_variables: Mapping[str, str], now: datetime
) -> dict[str, str]:
    """Returns the `with` of a step by template name; `valid for` adds its last day after `now`."""
    variables = {name.replace(" ", "_"): text for name, text in owner_variables.items()}
    if "valid_for" in variables:
        last_day = now + Length.parse(variables["valid_for"]).elapsed
        variables["valid_until"] = config.language.day(last_day.astimezone(config.shop.zone))
    return variables
