"""Parsers of answers: each returns what config.yaml accepts or raises ValueError."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from connectors.setup_registry import setups
from mail.senders.registry import REHEARSAL, provider_names, providers
from regulars.init.answers import BIRTHDAYS, CARTS
from settings.countries import match_zone, zones_of
from settings.names import country_code, suggest_country
from settings.questions import validated
from settings.text.language_names import english_name, language_code, parse_language
from settings.values import (
    CurrencyCode,
    EmailAddress,
    NamedAddress,
    WebAddress,
    ZoneName,
)
from templates.language import shipped_languages

NONE_WORDS = ("none", "no", "nobody", "nothing", "not yet", "none yet", "-")
PLATFORMS = {choice: setup.name for setup in setups() for choice in setup.choices}
OTHER_MAIL = {
    "cart": {CARTS}, "carts": {CARTS}, "basket": {CARTS}, "baskets": {CARTS},
    "birthday": {BIRTHDAYS}, "birthdays": {BIRTHDAYS}, "both": {CARTS, BIRTHDAYS},
}  # fmt: skip


def country(text: str) -> str:
    if code := country_code(text):
        return code
    similar = suggest_country(text)
    hint = (
        f" Did you mean {similar}?"
        if similar
        else " Write its English name, or two letters like PT."
    )
    raise ValueError(f"No country of that name is known here.{hint}")


def language_or(default: str) -> Callable[[str], str]:
    """Returns a parser of the language that mail is written in; nothing typed is the `default`."""

    def parse(text: str) -> str:
        tag = parse_language(text) if text.strip() else default
        code = language_code(tag) if tag else None
        if code is None or code not in shipped_languages():
            names = ", ".join(english_name(each) for each in shipped_languages())
            raise ValueError(f"Mail comes in {names}. Write one of them.")
        return code

    return parse


def currency(text: str) -> str:
    return str(validated(CurrencyCode, text.upper()))


def zone_in(code: str) -> Any:
    def read(text: str) -> str:
        return match_zone(text, zones_of(code)) or str(validated(ZoneName, text))

    return read


def mailbox(text: str) -> tuple[str | None, str]:
    """Returns name and address of "Ana <ana@cornercafe.example>"; None if there is no name."""
    if "<" not in text:
        return None, str(validated(EmailAddress, text))
    address = NamedAddress.parse(text)
    return address.name, address.address


def platforms(text: str) -> set[str]:
    return {PLATFORMS[word] for word in _parse_list(text, PLATFORMS)}


def others(text: str) -> frozenset[str]:
    return frozenset().union(*(OTHER_MAIL[word] for word in _parse_list(text, OTHER_MAIL)))


def sender(text: str) -> str:
    """Returns the name of the sender that `text` names, in its own word or another."""
    folded = text.casefold()
    if folded in NONE_WORDS:
        return REHEARSAL
    for provider in providers():
        if folded in (provider.name, *provider.synonyms):
            return provider.name
    *names, rehearsal = *reversed(provider_names()[1:]), REHEARSAL
    raise ValueError(f"Write {', '.join(names)} or {rehearsal}.")


def public_address(text: str) -> str | None:
    if text.casefold() in NONE_WORDS:
        return None
    if "://" not in text:
        text = f"https://{text}"
    return str(validated(WebAddress, text))


def _parse_list(text: str, choices: Any) -> list[str]:
    """Return the words of a list with commas or "and" between them; none where it says none."""
    words = [word for word in re.split(r"[\s,;+&/]+", text.casefold()) if word not in ("", "and")]
    if " ".join(words) in NONE_WORDS:
        return []
    if unknown := [word for word in words if word not in choices]:
        raise ValueError(f'"{unknown[0]}" is none of them. There are: {", ".join(choices)}, none.')
    return words
