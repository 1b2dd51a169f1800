"""Generates customers: names, addresses, consent, birthdays."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

FIRST_NAMES = (
    *("Ana", "Bruno", "Clara", "Duarte", "Inês", "João", "Beatriz", "Tiago", "Sofia", "Rui"),
    *("Mariana", "Gonçalo", "Leonor", "Miguel", "Catarina", "Tomás", "Matilde", "André", "Rita"),
    *("Lourenço", "Teresa", "Vasco", "Filipa", "Nuno", "Joana", "Simão", "Marta", "Luís"),
    *("Emma", "Oliver", "Zoë", "Łukasz", "Aoife", "Søren", "Priya", "Mehmet", "Chloé", "Jürgen"),
    *("Giulia", "Mateo", "Linh", "Olena", "美咲", "Fatima"),
)
LAST_NAMES = (
    *("Silva", "Santos", "Ferreira", "Pereira", "Oliveira", "Costa", "Rodrigues", "Martins"),
    *("Sousa", "Fernandes", "Gonçalves", "Gomes", "Lopes", "Marques", "Alves", "Almeida"),
    *("Ribeiro", "Pinto", "Carvalho", "Teixeira", "Moreira", "Correia", "Mendes", "Nunes"),
    *("Araújo", "Conceição", "Magalhães", "Simões", "Brandão", "O’Neill", "Müller", "Kowalska"),
    *("Rossi", "García", "Nguyễn", "Yılmaz", "Sharma", "Andersen", "Tanaka", "de la Cruz"),
)
MAIL_DOMAINS = ("example.com", "example.org", "example.net")
LOCALES = ("pt-PT", "en", "fr", "de", "es")
LOCALE_SHARES = (56, 32, 5, 4, 3)
STATES = ("SUBSCRIBED", "NOT_SUBSCRIBED", "UNSUBSCRIBED", "PENDING", "INVALID")
STATE_SHARES = (60, 22, 11, 4, 3)


@dataclass(frozen=True, slots=True)
class Consent:
    """Consent to marketing e-mail, in Shopify's terms."""

    state: str
    level: str | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer of the online shop."""

    number: int
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    consent: Consent
    birthday: str | None
    tags: tuple[str, ...]
    locale: str
    created_at: datetime
    updated_at: datetime
    orders: int = 0
    spent: int = 0

    @property
    def may_be_mailed(self) -> bool:
        return self.email is not None and self.consent.state == "SUBSCRIBED"


def draw_customer(number: int, *, joined: datetime, now: datetime, rng: Random) -> Customer:
    """Return a customer `number` without orders, who joined at `joined`."""
    first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
    email = None if rng.random() < 0.04 else make_address(first, last, number, rng)
    consent = draw_consent(joined, now, rng) if email else Consent("NOT_SUBSCRIBED", None, None)
    return Customer(
        number=number,
        first_name=None if rng.random() < 0.06 else first,
        last_name=None if rng.random() < 0.03 else last,
        email=email,
        phone=draw_phone(rng) if rng.random() < 0.4 else None,
        consent=consent,
        birthday=draw_birthday(now, rng) if rng.random() < 1 / 3 else None,
        tags=draw_tags(rng),
        locale=rng.choices(LOCALES, LOCALE_SHARES)[0],
        created_at=joined,
        updated_at=max(joined, consent.since or joined),
    )


def make_address(first: str, last: str, number: int, rng: Random) -> str:
    """Return an address under a domain reserved for examples; `number` makes it unique."""
    local = ".".join(filter(None, (ascii_letters(first), ascii_letters(last)))) or "guest"
    return f"{local}.{number % 1_000_000}@{rng.choice(MAIL_DOMAINS)}"


def draw_phone(rng: Random) -> str:
    """Return a number from the range that is reserved for fiction."""
    return f"+447700900{rng.randrange(1_000):03d}"


def ascii_letters(name: str) -> str:
    """Return the letters a-z of `name`: `João` becomes `joao`."""
    folded = unicodedata.normalize("NFKD", name.replace("ł", "l").replace("Ł", "L"))
    return "".join(letter for letter in folded.casefold() if "a" <= letter <= "z")


def draw_consent(joined: datetime, now: datetime, rng: Random) -> Consent:
    """Return a consent given between `joined` and `now`, in the shares of real shops."""
    state = rng.choices(STATES, STATE_SHARES)[0]
    match state:
        case "SUBSCRIBED":
            level = "CONFIRMED_OPT_IN" if rng.random() < 0.3 else "SINGLE_OPT_IN"
            return Consent(state, level, joined)
        case "UNSUBSCRIBED":
            return Consent(state, "SINGLE_OPT_IN", draw_time(joined, now, rng))
        case "PENDING":
            return Consent(state, "CONFIRMED_OPT_IN", joined)
        case _:
            return Consent(state, None, None)


def draw_birthday(now: datetime, rng: Random) -> str:
    """Return a date of birth; one in fifteen is within a week after `now`, for birthday rules."""
    year = rng.randrange(1948, 2007)
    if rng.random() < 1 / 15:
        day = now + timedelta(days=rng.randrange(1, 8))
    else:
        # Any day of a leap year, 29 February included.
        day = datetime(2024, 1, 1, tzinfo=now.tzinfo) + timedelta(days=rng.randrange(366))
    leap_day = (day.month, day.day) == (2, 29)
    return f"{year - year % 4 if leap_day else year}-{day:%m-%d}"


def draw_tags(rng: Random) -> tuple[str, ...]:
    chance = rng.random()
    for limit, tag in ((0.015, "staff"), (0.03, "family"), (0.08, "vip"), (0.11, "wholesale")):
        if chance < limit:
            return (tag,)
    return ()


def draw_time(start: datetime, end: datetime, rng: Random) -> datetime:
    """Return a time between `start` and `end`, in whole seconds."""
    return start + timedelta(seconds=int(rng.random() * (end - start).total_seconds()))
