"""The facts of an invented customer of this very shop: its currency, its programme, its rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from engine.config.owner_config import OwnerConfig
from engine.delivery.mail_text import reason_line, shop_facts, with_variables
from engine.delivery.sample_customer import OPT_IN_AGE, PREVIEW_LINK
from engine.preview.previewed_mail import PreviewedMail
from loyalty.config import Loyalty
from mail.render.mail_facts import BirthdayFacts, CartFacts, MailFacts, Money, PointsFacts
from mail.render.sample_facts import sample_facts
from templates.language import Language

POINTS_END_IN = timedelta(days=20)
SAMPLE_BALANCE = 8


def facts_of_sample(
    config: OwnerConfig, mail: PreviewedMail, *, now: datetime, language: Language | None = None
) -> MailFacts:
    """Returns the facts of an invented customer for `mail`; one who reads `language`, else the
    shop's.
    """
    language = language or config.language
    samples = sample_facts(
        available_parts=mail.parts, with_=(), own_columns=config.own_columns, language=language
    )
    sample = next(iter(samples))
    birthday = (now + mail.birthday_lead).astimezone(config.shop.zone)
    return replace(
        sample,
        shop=shop_facts(config),
        cart=_in_currency(sample.cart, config.shop.currency) if sample.cart else None,
        points=_sample_points(config, now, language) if sample.points else None,
        birthday=BirthdayFacts(language.day(birthday)) if sample.birthday else None,
        with_=with_variables(config, mail.variables, now, language),
        reason=reason_line(config, mail.rule, "yes", now - OPT_IN_AGE, language),
        unsubscribe_url=PREVIEW_LINK,
    )


def _in_currency(cart: CartFacts, currency: str) -> CartFacts:
    """The same digits in another currency: an amount is only an example."""
    lines = tuple(replace(line, total=Money(line.total.minor, currency)) for line in cart.lines)
    more_total = Money(cart.more_total.minor, currency) if cart.more_total else None
    total = Money(cart.total.minor, currency)
    return replace(cart, lines=lines, total=total, more_total=more_total)


def _sample_points(config: OwnerConfig, now: datetime, language: Language) -> PointsFacts:
    """A balance with which the cheapest reward is near, and a few points that end."""
    # What balances are computed by needs the database, which other previews do not.
    from engine.delivery.points_facts import points_facts
    from loyalty.balances import build_standing

    loyalty = config.loyalty or Loyalty.model_construct(rewards={})
    cheapest = min((price.count for price in loyalty.rewards.values()), default=None)
    balance = max(1, cheapest * 4 // 5) if cheapest else SAMPLE_BALANCE
    recent, ending = max(1, balance // 3), max(1, balance // 2)
    ends = now + POINTS_END_IN
    standing = build_standing(
        0, balance, recent, [(ends, ending)], loyalty.rewards, config.shop.zone
    )
    return points_facts(standing, None, config.shop.zone, language)
