"""Texts of mails that come from config.yaml: the shop, the reason line, the template variables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from engine.config.owner_config import OwnerConfig
from engine.messages.correction import CAUSE, is_correction_rule
from mail.render.facts import ShopFacts
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
    cause = _rule_cause(config, rule_name)
    if basis != "yes":
        return f"You get this because {cause}."
    local_time = opted_in_at.astimezone(config.shop.zone) if opted_in_at else None
    opt_in_day = f" on {local_time.day} {local_time:%B %Y}" if local_time else ""
    return f"You get this because {cause} and you said yes to our e-mails{opt_in_day}."


def _rule_cause(config: OwnerConfig, rule_name: str) -> str:
    if is_correction_rule(rule_name):
        return CAUSE
    rule = config.rules.get(rule_name)
    return event_of(rule).reason if rule else "you are our customer"


def template_variables(
    owner_variables: Mapping[str, str], now: datetime, zone: ZoneInfo
) -> dict[str, str]:
    """Returns the `with` of a step by template name; `valid for` adds its last day after `now`."""
    variables = {name.replace(" ", "_"): text for name, text in owner_variables.items()}
    if "valid_for" in variables:
        last_day = (now + Length.parse(variables["valid_for"]).elapsed).astimezone(zone)
        variables["valid_until"] = f"{last_day.day} {last_day:%B}"
    return variables
