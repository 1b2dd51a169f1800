"""Asks the nine questions in their order, and derives currency, timezone and rules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.live.freemail import is_freemail
from regulars.init import parse_answers, questions
from regulars.init.answers import CARTS, Answers
from regulars.init.brand import ask_brand
from regulars.init.files.interview import CsvContext, ask_csv_files
from regulars.init.probe import World
from regulars.init.sending import ask_sending
from regulars.init.sources import Platforms, SandboxAddresses, ask_platforms
from regulars.init.terminal_user import GoBack, Owner
from settings.countries import currency_of, default_zone, languages_of, zones_of
from settings.questions import short_text, validated
from settings.text.language_names import english_name
from settings.values import CurrencyCode, ZoneName
from templates.language import shipped_languages

FREEMAIL = (
    "{domain} lets nobody else send for its addresses. That is no matter while you rehearse; before"
    " you go live, write an address of your own domain at from: in your file."
)
NO_CART_REMINDERS = "{platform} has written about none of the last {all} baskets itself."
CART_REMINDERS = (
    "{platform} has written about {some} of the last {all} baskets itself. So the rule about "
    "baskets is left out: take its # away once you have switched {platform}'s own off."
)


@dataclass(frozen=True)
class Clock:
    currency: str
    timezone: str


def interview(owner: Owner, world: World, folder: Path, addresses: SandboxAddresses) -> Answers:
    """Returns all answers; writes nothing.

    `folder` is that of the config, where CSV files are looked for; `addresses` are those of sandbox
    servers.
    """
    while True:
        try:
            return _ask_all(owner, world, folder, addresses)
        except GoBack:
            owner.rewind()


def _ask_all(owner: Owner, world: World, folder: Path, addresses: SandboxAddresses) -> Answers:
    name = owner.answer(questions.NAME, short_text)
    country = owner.answer(questions.COUNTRY, parse_answers.country)
    language = _ask_language(owner, country)
    postal_address = owner.answer(questions.POSTAL_ADDRESS, short_text)
    person, e_mail = owner.answer(questions.E_MAIL, parse_answers.mailbox)
    _warn_about_freemail(owner, e_mail)
    shop_platforms = ask_platforms(owner, world, addresses)
    clock = _ask_clock(owner, world, country, shop_platforms)
    csv_context = CsvContext(folder, clock.currency, clock.timezone, country)
    csv_files = ask_csv_files(owner, csv_context, shop_platforms.has_csv)
    brand = ask_brand(owner, folder)
    others_mail = _ask_other_senders(owner, shop_platforms)
    sending_choice = ask_sending(owner, world)
    return Answers(
        name=name,
        country=country,
        currency=clock.currency,
        timezone=clock.timezone,
        postal_address=postal_address,
        e_mail=e_mail,
        person=person,
        language=language,
        platforms=tuple(shop_platforms.answers),
        files=csv_files,
        brand=brand,
        others_mail=others_mail,
        sending=sending_choice if sending_choice.name else None,
        public_address=owner.answer(questions.PUBLIC_ADDRESS, parse_answers.public_address),
        keys={**shop_platforms.keys, **sending_choice.keys},
    )


def _warn_about_freemail(owner: Owner, e_mail: str) -> None:
    domain = e_mail.rpartition("@")[2]
    if is_freemail(domain):
        owner.say(FREEMAIL.format(domain=domain))


def _ask_language(owner: Owner, country: str) -> str:
    """Returns the code of the shop's language: the country's, asked where it has several."""
    languages = [code for code in languages_of(country) if code in shipped_languages()] or ["en"]
    names = [english_name(code) for code in languages]
    if len(languages) > 1 and owner.ask and not owner.has_answer(questions.LANGUAGE):
        owner.say(f"{', '.join(names)}? Enter takes the first; each customer gets their own.")
    elif not owner.has_answer(questions.LANGUAGE):
        return languages[0]
    return owner.answer(questions.LANGUAGE, parse_answers.language_or(languages[0]))


def _ask_clock(owner: Owner, world: World, country: str, shop_platforms: Platforms) -> Clock:
    """Returns currency and timezone: from an option, the platform or the country, else asked."""
    money = _platform_setting(shop_platforms, "currency", CurrencyCode) or currency_of(country)
    if money is None or owner.has_answer(questions.CURRENCY):
        money = owner.answer(questions.CURRENCY, parse_answers.currency)
    zone = _platform_setting(shop_platforms, "timezone", ZoneName) or default_zone(
        country, world.timezone
    )
    if zone is None or owner.has_answer(questions.TIMEZONE):
        if owner.ask:
            owner.say("Its clocks: " + ", ".join(_city(zone) for zone in zones_of(country)))
        zone = owner.answer(questions.TIMEZONE, parse_answers.zone_in(country))
    owner.say(f"You count in {money}, by the clock of {_city(zone)}.")
    return Clock(money, zone)


def _platform_setting(shop_platforms: Platforms, name: str, kind: Any) -> str | None:
    """Returns the first platform's setting `name` if config.yaml accepts it."""
    settings = (getattr(profile, name) for _, profile in shop_platforms.profiles)
    setting = next(filter(None, settings), None)
    try:
        return None if setting is None else str(validated(kind, setting))
    except ValueError:
        return None


def _city(zone: str) -> str:
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def _ask_other_senders(owner: Owner, shop_platforms: Platforms) -> frozenset[str]:
    """Return what is mailed already: a platform says it of its own mails, the owner of others'."""
    mailed_already: frozenset[str] = frozenset()
    for setup, profile in shop_platforms.profiles:
        if reminders := profile.cart_reminders:
            note = CART_REMINDERS if reminders.reminded else NO_CART_REMINDERS
            counts = {"some": reminders.reminded, "all": reminders.checkouts}
            owner.say(note.format(platform=setup.label, **counts))
            mailed_already |= {CARTS} if reminders.reminded else set()
    return mailed_already | owner.answer(questions.OTHERS_MAIL, parse_answers.others)
