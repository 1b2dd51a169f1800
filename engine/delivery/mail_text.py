"""What mails say of the shop and of why they come."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from engine.config.owner_config import OwnersFile
from engine.messages.correction import WHY, corrects
from mail.render.facts import ShopFacts
from settings.values import Length
from triggers.event_defaults import MANNERS


def shop_facts(file: OwnersFile) -> ShopFacts:
    """The shop as its mails name it; "Ana at Corner Café" signs as Ana."""
    owner = file.shop
    signs = (file.sending.from_.name or owner.name).partition(" at ")[0]
    return ShopFacts(owner.name, owner.postal_address, owner.reply_to, signs, owner.currency)


def reason_line(file: OwnersFile, name: str, basis: str, said_yes: datetime | None) -> str:
    """Why this person gets this mail, in a sentence they can check."""
    why = _why(file, name)
    if basis != "yes":
        return f"You get this because {why}."
    local = said_yes.astimezone(file.shop.zone) if said_yes else None
    when = f" on {local.day} {local:%B %Y}" if local else ""
    return f"You get this because {why} and you said yes to our e-mails{when}."


def _why(file: OwnersFile, name: str) -> str:
    if corrects(name):
        return WHY
    rule = file.rules.get(name)
    return MANNERS[rule.when].why if rule else "you are our customer"


def spoken_words(given: Mapping[str, str], now: datetime, zone: ZoneInfo) -> dict[str, str]:
    """The owner's `with`, as a template names it; `valid for` brings its last day along."""
    words = {name.replace(" ", "_"): text for name, text in given.items()}
    if "valid_for" in words:
        last = (now + Length.read(words["valid_for"]).elapsed).astimezone(zone)
        words["valid_until"] = f"{last.day} {last:%B}"
    return words
