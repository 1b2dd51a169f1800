"""What each answer may be: the words the owner's file itself understands, and some kindness."""

from __future__ import annotations

import re
from typing import Any

from pydantic import TypeAdapter, ValidationError

from connectors.config import store_meant
from mail.senders.smtp.config import Smtp
from regulars.commands.init.answers import BIRTHDAYS, CARTS
from settings.countries import zone_meant, zones_of
from settings.env_values import is_name
from settings.names import country_like, country_meant
from settings.values import (
    CurrencyCode,
    EmailAddress,
    Key,
    NamedAddress,
    Secret,
    WebAddress,
    ZoneName,
)

NO = ("none", "no", "nobody", "nothing", "not yet", "none yet", "-")
PLATFORMS = {"shopify": "shopify", "square": "square", "csv": "csv", "file": "csv", "list": "csv"}
OTHERS = {
    "cart": {CARTS}, "carts": {CARTS}, "basket": {CARTS}, "baskets": {CARTS},
    "birthday": {BIRTHDAYS}, "birthdays": {BIRTHDAYS}, "both": {CARTS, BIRTHDAYS},
}  # fmt: skip
WAYS = {"smtp": "smtp", "mail server": "smtp", "server": "smtp", "sendgrid": "sendgrid"}
LONGEST = 200
HIGHEST_PORT = 65535


def understood(kind: Any, said: object) -> Any:
    """As the owner's file reads it; its refusal is a sentence."""
    try:
        return TypeAdapter(kind).validate_python(said)
    except ValidationError as wrong:
        raise ValueError(refusal(wrong)) from None


def refusal(wrong: ValidationError) -> str:
    return str(wrong.errors()[0]["msg"]).removeprefix("Value error, ")


def words(text: str) -> str:
    if len(text) > LONGEST:
        raise ValueError(f"That is longer than {LONGEST} letters. Write it shorter.")
    return text


def no_name(text: str) -> str:
    """A single $NAME would be looked up in .env."""
    if is_name(text):
        raise ValueError(f"{text} would be read as the name of a key. Write it without the $.")
    return words(text)


def country(text: str) -> str:
    if code := country_meant(text):
        return code
    near = country_like(text)
    hint = f" Did you mean {near}?" if near else " Write its English name, or two letters like PT."
    raise ValueError(f"No country of that name is known here.{hint}")


def currency(text: str) -> str:
    return str(understood(CurrencyCode, text.upper()))


def zone_in(code: str) -> Any:
    def read(text: str) -> str:
        return zone_meant(text, zones_of(code)) or str(understood(ZoneName, text))

    return read


def mailbox(text: str) -> tuple[str | None, str]:
    """Ana <ana@cornercafe.example>, or the address alone."""
    if "<" not in text:
        return None, str(understood(EmailAddress, text))
    named = NamedAddress.read(text)
    return named.name, named.address


def store(text: str) -> str:
    if not text:
        return ""
    if found := store_meant(text):
        return found
    raise ValueError("Write the shop's own name at Shopify, like your-shop.myshopify.com.")


def platforms(text: str) -> set[str]:
    return {PLATFORMS[word] for word in _listed(text, PLATFORMS)}


def others(text: str) -> frozenset[str]:
    return frozenset().union(*(OTHERS[word] for word in _listed(text, OTHERS)))


def way(text: str) -> str:
    plain = text.casefold()
    if plain in ("outbox", "later", "rehearse", *NO):
        return "outbox"
    if plain in WAYS:
        return WAYS[plain]
    raise ValueError("Write smtp, sendgrid or outbox.")


def server(text: str) -> tuple[str, int | None]:
    """smtp.example.com, or smtp.example.com:465."""
    if not text:
        return "", None
    found = re.fullmatch(r"(?:\w+://)?([^\s/:]+)(?::([0-9]{1,9}))?/?", text)
    name, port = (found[1], found[2]) if found else (text, None)
    if port and not 1 <= int(port) <= HIGHEST_PORT:
        raise ValueError(f"There is no port {port}: they go from 1 to {HIGHEST_PORT}.")
    understood(Smtp, {"server": name})
    return name, int(port) if port else None


def key(text: str) -> str:
    """What no key can be is not sent anywhere."""
    if text:
        understood(Key, Secret(text))
    return text


def password(text: str) -> str:
    """Of any alphabet; what cannot be typed came by a slip."""
    if not text.isprintable():
        raise ValueError("The password holds a character that no keyboard types. Copy it again.")
    return text


def public(text: str) -> str | None:
    if text.casefold() in NO:
        return None
    if "://" not in text:
        text = f"https://{text}"
    return str(understood(WebAddress, text))


def _listed(text: str, known: Any) -> list[str]:
    """shopify, square; Shopify and Square; none."""
    said = [word for word in re.split(r"[\s,;+&/]+", text.casefold()) if word not in ("", "and")]
    if " ".join(said) in NO:
        return []
    if wrong := [word for word in said if word not in known]:
        raise ValueError(f'"{wrong[0]}" is none of them. There are: {", ".join(known)}, none.')
    return said
