"""Sample facts on which templates are tried: with all values known, and with few."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

from mail.render.mail_facts import (
    AnswerFacts,
    BirthdayFacts,
    CartFacts,
    CartLine,
    CustomerFacts,
    MailFacts,
    MistakeFacts,
    Money,
    OwnColumns,
    PointsExpiry,
    PointsFacts,
    ShopFacts,
)
from templates.language import ENGLISH, Language

CAFE = ShopFacts(
    name="Corner Café",
    postal_address="Rua das Flores 12, 1200-192 Lisboa",
    reply_to="ana@cornercafe.example",
    sender_name="Ana",
    currency="EUR",
)
CLARA = CustomerFacts(first_name="Clara", visits=12, favourite="Flat White")
ANONYMOUS = CustomerFacts(first_name=None, visits=1, favourite=None)
PICTURE = "https://cornercafe.example/granola.jpg"
GRANOLA = CartLine("Granola", 2, Money(1100, "EUR"), PICTURE)
OAT_MILK = CartLine("Oat milk", 1, Money(250, "EUR"), None)
LINK = "https://cornercafe.example/cart/42"
ONE_DAY = (PointsExpiry(5, "30 June"),)
SEVERAL_DAYS = (PointsExpiry(3, "30 June"), PointsExpiry(2, "2 July"))
POINTS = PointsFacts(8, 3, 5, "30 June", "a free coffee", 2, ONE_DAY)
ENOUGH_POINTS = PointsFacts(12, 3, 5, "30 June to 2 July", "a free coffee", 0, SEVERAL_DAYS)
NO_REWARD = PointsFacts(1, 1, 1, "30 June", None, None, (PointsExpiry(1, "30 June"),))
ANSWER = AnswerFacts("The coffee was cold and nobody said hello.", 2, None, "Tuesday")
MISTAKE = MistakeFacts(
    "Tuesday, 3 March", "3 March", "A free cappuccino on us, Clara?", "The cappuccino was for May."
)
FORGOTTEN_MISTAKE = MistakeFacts("Tuesday, 3 March", "3 March", None, None)
WORDLESS_ANSWER = AnswerFacts(None, None, 3, "Tuesday")


def sample_facts(
    *,
    available_parts: Collection[str],
    with_: Collection[str],
    own_columns: Collection[str] = (),
    language: Language = ENGLISH,
) -> Iterator[MailFacts]:
    """Yields every combination of known and unknown facts in `available_parts`, as a mail in
    `language` shows them; the values named in `with_` are all given, and one of two customers has
    all of the owner's `own_columns`.
    """
    own = OwnColumns({name: name.replace("_", " ") for name in own_columns})
    treat = language.sentences("samples").TREAT
    base = MailFacts(
        shop=CAFE,
        customer=ANONYMOUS,
        cart=None,
        with_=dict.fromkeys(with_, treat),
        reason="You get this because you said yes at our till on 3 May.",
        unsubscribe_url="https://mail.cornercafe.example/u/1.sample.sample",
        language=language,
    )
    samples = {
        name: variants for name, variants in samples_in(language).items() if name in available_parts
    }
    for customer in (replace(CLARA, my=own), ANONYMOUS):
        for combination in product(*samples.values()):
            parts = dict(zip(samples, combination, strict=True))
            yield replace(base, customer=customer, **parts)


def _cart(*lines: CartLine) -> CartFacts:
    return CartFacts(lines, Money(sum(line.total.minor for line in lines), "EUR"), LINK)


LARGE_CART = replace(
    _cart(GRANOLA, OAT_MILK), total=Money(3350, "EUR"), more=10, more_total=Money(2000, "EUR")
)


@cache
def samples_in(language: Language) -> Mapping[str, tuple[Any, ...]]:
    """Returns the variants of each part in `language`; the first one is shown in previews."""
    texts = language.sentences("samples")
    tuesday, fourteenth = dt.date(2026, 3, 3), dt.date(2026, 3, 14)
    weekday, day = language.weekday_and_day(tuesday), language.day(tuesday)
    return {
        "cart": (_cart(GRANOLA), _cart(GRANOLA, OAT_MILK), LARGE_CART),
        "points": tuple(_points_in(language, points) for points in ALL_POINTS),
        "answer": tuple(
            replace(answer, words=answer.words and texts.ANSWER, day=language.weekday(tuesday))
            for answer in (ANSWER, WORDLESS_ANSWER)
        ),
        "birthday": (BirthdayFacts(language.day(fourteenth)),),
        "mistake": (
            MistakeFacts(weekday, day, texts.WRONG_SUBJECT, texts.SAYING),
            MistakeFacts(weekday, day, None, None),
        ),
    }


ALL_POINTS = (POINTS, ENOUGH_POINTS, NO_REWARD)
EXPIRY_DAYS = {"30 June": dt.date(2026, 6, 30), "2 July": dt.date(2026, 7, 2)}


def _points_in(language: Language, points: PointsFacts) -> PointsFacts:
    days = [EXPIRY_DAYS[expiry.day] for expiry in points.expiries]
    return replace(
        points,
        expires_on=language.days(days[0], days[-1]),
        reward=points.reward and language.sentences("samples").TREAT,
        expiries=tuple(
            PointsExpiry(expiry.points, language.day(day))
            for expiry, day in zip(points.expiries, days, strict=True)
        ),
    )
