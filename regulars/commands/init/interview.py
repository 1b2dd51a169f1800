"""The eight questions, in their order, and what follows from each answer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.live.freemail import is_freemail
from regulars.commands.init import parse_answers, questions
from regulars.commands.init.answers import CARTS, Answers
from regulars.commands.init.probe import World
from regulars.commands.init.sending import later
from regulars.commands.init.sources import Addresses, Files, Platforms, files, platforms
from regulars.commands.init.terminal_user import Owner
from settings.countries import currency_of, usual_zone, zones_of
from settings.values import CurrencyCode, ZoneName

FREEMAIL = (
    "{domain} lets nobody else send for its addresses. That is no matter while you rehearse; before"
    " you go live, write an address of your own domain at from: in your file."
)
NOT_BY_SHOPIFY = "Shopify has written about none of the last {all} baskets itself."
BY_SHOPIFY = (
    "Shopify has written about {some} of the last {all} baskets itself. So the rule about baskets"
    " is left out: take its # away once you have switched Shopify's own off."
)


@dataclass(frozen=True)
class Clock:
    currency: str
    timezone: str


def everything(owner: Owner, world: World, beside: Path, addresses: Addresses) -> Answers:
    """Nothing is written before the last one is answered."""
    name = owner.answer(questions.NAME, parse_answers.words)
    country = owner.answer(questions.COUNTRY, parse_answers.country)
    postal = owner.answer(questions.POSTAL, parse_answers.words)
    person, e_mail = owner.answer(questions.E_MAIL, parse_answers.mailbox)
    _say_of_freemail(owner, e_mail)
    kept = platforms(owner, world, addresses)
    clock = _clock(owner, world, country, kept)
    rows = files(owner, Files(beside, clock.currency, clock.timezone), kept.with_files)
    others = _others(owner, kept)
    way = later(owner, world)
    return Answers(
        name=name,
        country=country,
        currency=clock.currency,
        timezone=clock.timezone,
        postal_address=postal,
        e_mail=e_mail,
        person=person,
        online_shop=kept.online_shop,
        till=kept.till,
        files=rows,
        others_mail=others,
        sending=way.sending,
        public_address=owner.answer(questions.PUBLIC, parse_answers.public),
        keys={**kept.keys, **way.keys},
    )


def _say_of_freemail(owner: Owner, e_mail: str) -> None:
    domain = e_mail.rpartition("@")[2]
    if is_freemail(domain):
        owner.say(FREEMAIL.format(domain=domain))


def _clock(owner: Owner, world: World, country: str, kept: Platforms) -> Clock:
    """A flag says it, or the platform, or the country; only then the owner is asked."""
    money = _told(kept, "currency", CurrencyCode) or currency_of(country)
    if money is None or owner.has_said(questions.CURRENCY):
        money = owner.answer(questions.CURRENCY, parse_answers.currency)
    zone = _told(kept, "timezone", ZoneName) or usual_zone(country, world.clock)
    if zone is None or owner.has_said(questions.TIMEZONE):
        if owner.ask:
            owner.say("Its clocks: " + ", ".join(_town(zone) for zone in zones_of(country)))
        zone = owner.answer(questions.TIMEZONE, parse_answers.zone_in(country))
    owner.say(f"You count in {money}, by the clock of {_town(zone)}.")
    return Clock(money, zone)


def _told(kept: Platforms, what: str, kind: Any) -> str | None:
    """What the first platform says, unless the owner's file could not hold it."""
    said = next(filter(None, (getattr(one, what) for one in kept.told)), None)
    try:
        return None if said is None else str(parse_answers.understood(kind, said))
    except ValueError:
        return None


def _town(zone: str) -> str:
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def _others(owner: Owner, kept: Platforms) -> frozenset[str]:
    """Shopify knows of its own mails; of everybody else's only the owner."""
    reminded = next((one.reminded for one in kept.told if one.reminded), None)
    found: frozenset[str] = frozenset()
    if reminded:
        said = BY_SHOPIFY if reminded.by_shopify else NOT_BY_SHOPIFY
        owner.say(said.format(some=reminded.by_shopify, all=reminded.of))
        found = frozenset({CARTS} if reminded.by_shopify else ())
    return found | owner.answer(questions.OTHERS, parse_answers.others)
