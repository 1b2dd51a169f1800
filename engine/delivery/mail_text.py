"""Texts of mails that come from config.yaml: the shop, the reason line, the template variables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from engine.config.owner_config import OwnerConfig
from engine.messages.correction import is_correction_rule
from mail.render.mail_facts import ShopFacts
from settings.text.wording import Wording, wording_in
from settings.values import Length
from templates.language import Language
from triggers.registry import event_of


def shop_facts(config: OwnerConfig) -> ShopFacts:
    """Returns the shop as its mails name it; a `from` of "Ana at Corner Café" signs as Ana."""
    shop = config.shop
    signature = (config.sending.from_.name or shop.name).partition(" at ")[0]
    return ShopFacts(shop.name, shop.postal_address, shop.reply_to, signature, shop.currency)


def reason_line(
    config: OwnerConfig,
    rule_name: str,
    basis: str,
    opted_in_at: datetime | None,
    language: Language,
) -> str:
    """Returns the sentence that says, in `language`, why a customer gets a mail of `rule_name`."""
    sentences = language.sentences("mails")
    cause = _rule_cause(config, rule_name, language)
    if basis != "yes":
        return str(sentences.REASON.format(cause=cause))
    if opted_in_at is None:
        return str(sentences.REASON_OPTED_IN.format(cause=cause))
    date = language.date(opted_in_at.astimezone(config.shop.zone))
    return str(sentences.REASON_OPTED_IN_ON.format(cause=cause, date=date))


def _rule_cause(config: OwnerConfig, rule_name: str, language: Language) -> str:
    rule = config.rules.get(rule_name)
    if rule is not None:
        return event_of(rule).reason(language)
    reasons = language.sentences("reasons")
    return str(reasons.CORRECTION if is_correction_rule(rule_name) else reasons.CUSTOMER)


def with_variables(
    config: OwnerConfig,
    owner_variables: Mapping[str, Wording],
    now: datetime,
    language: Language,
) -> dict[str, str]:
    """Returns the `with` of a step by template name, in `language` where the owner wrote it so;
    `valid for` adds its last day after `now`.
    """
    variables = {
        name.replace(" ", "_"): wording_in(wording, language.code, config.language.code)
        for name, wording in owner_variables.items()
    }
    if "valid_for" in variables:
        last_day = now + Length.parse(variables["valid_for"]).elapsed
        variables["valid_until"] = language.day(last_day.astimezone(config.shop.zone))
    return variables
