"""Which templates can be previewed, and with which facts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from engine.config.owner_config import OwnerConfig
from engine.preview.customer_facts import facts_of_customer
from engine.preview.previewed_mail import PreviewedMail, select_mails
from engine.preview.sample_facts import facts_of_sample
from mail.render.mail_facts import BirthdayFacts, MailFacts
from settings.errors import WrongUsageError
from shop.types.purpose import Purpose
from tests.cafe import DAY, MARCH, Cafe
from tests.rows import identity, statement

on_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
OWN = """{% extends "layout.html" %}
{% block subject %}News{% endblock %}
{% block content %}
<p>{{ with.dish }} until {{ with.valid_until }}, {{ cart.total }}</p>
{% endblock %}
"""
POUNDS = """\
shop:
  name: Corner Café
  country: GB
  currency: GBP
  timezone: Europe/London
  reply to: ana@cornercafe.example
  postal address: 12 Flower Street, London
sending:
  from: Ana at Corner Café <ana@cornercafe.example>
loyalty:
  earn: 1 point per 1
  rewards: {a cake: 40 points}
rules:
  birthday: {when: birthday, in: 10 days, then: [{send: birthday}]}
  sorry:
    when: survey answered
    then:
      - if: {csat: at most 2}
        then: [{send: sorry-from-the-owner}]
"""


def select(cafe: Cafe, template: str | None) -> list[PreviewedMail]:
    return select_mails(cafe.shop.config, cafe.shop.renderer, template)


def sample(cafe: Cafe, template: str) -> MailFacts:
    return facts_of_sample(cafe.shop.config, select(cafe, template)[0], now=MARCH)


def for_customer(cafe: Cafe, template: str, email: str = "clara@example.com") -> MailFacts:
    config: OwnerConfig = cafe.shop.config
    [mail] = select(cafe, template)
    renderer = cafe.shop.renderer
    return facts_of_customer(config, cafe.shop.folder, mail, email, now=MARCH, renderer=renderer)


@pytest.fixture
def pounds(sqlite: Any, tmp_path: Any) -> Cafe:
    return Cafe(sqlite, tmp_path, POUNDS)


def test_without_a_name_all_that_rules_send_are_shown(pounds: Cafe) -> None:
    """Also those within an `if`."""
    mails = {mail.template: mail for mail in select(pounds, None)}
    assert mails.keys() == {"birthday", "sorry-from-the-owner"}
    assert mails["sorry-from-the-owner"].purpose is Purpose.SERVICE
    assert mails["birthday"].origin == "birthday"


def test_every_shipped_template_is_rendered_though_no_rule_sends_it(pounds: Cafe) -> None:
    for name in pounds.shop.renderer.template_names():
        [mail] = select(pounds, name)
        assert pounds.shop.renderer.render(name, facts_of_sample(
            pounds.shop.config, mail, now=MARCH
        )).subject  # fmt: skip
    [treat] = select(pounds, "first-visit-treat")
    assert treat.origin == "no rule sends it"


def test_a_template_of_the_shops_own_gets_sample_values(pounds: Cafe) -> None:
    folder = pounds.shop.folder / "templates"
    folder.mkdir()
    (folder / "news.html").write_text(OWN)
    pounds.reread()
    facts = sample(pounds, "news")
    assert facts.with_ == {
        "dish": "a free coffee", "valid_for": "14 days", "valid_until": "17 March",
    }  # fmt: skip
    text = pounds.shop.renderer.render("news", facts).text
    assert "a free coffee until 17 March, £11.00" in text


def test_the_sample_lives_in_this_shop(pounds: Cafe) -> None:
    assert sample(pounds, "birthday").birthday == BirthdayFacts("13 March")
    points = sample(pounds, "points-earned").points
    assert points is not None
    assert (points.balance, points.reward, points.missing) == (32, "a cake", 8)


def test_an_unknown_template_is_refused_with_the_nearest(pounds: Cafe) -> None:
    with pytest.raises(WrongUsageError, match='Did you mean "birthday"'):
        select(pounds, "brithday")


def test_a_customer_has_their_own_facts_before_the_first_run(pounds: Cafe) -> None:
    row = identity("clara", email="clara@example.com", birthday="1990-05-02")
    pounds.arrive(
        identities=[row], statements=[statement("clara", "yes", datetime(2025, 6, 1, tzinfo=UTC))]
    )
    pounds.visits("clara", *(MARCH - days * DAY for days in (3, 10, 17)), title="Bun")
    pounds.cart("clara", MARCH - DAY)
    facts = for_customer(pounds, "birthday")
    assert facts.birthday == BirthdayFacts("2 May")
    assert facts.customer.first_name == "Clara"
    assert (facts.customer.visits, facts.customer.favourite) == (3, "Bun")
    assert "1 June 2025" in facts.reason
    cart = for_customer(pounds, "cart-reminder").cart
    assert cart is not None
    assert cart.lines[0].title == "Granola"
    points = for_customer(pounds, "points-earned").points
    assert points is not None
    assert points.balance == 0


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("cart-reminder", "has no cart to write about"),
        ("sorry-from-the-owner", "has given no answer to write about"),
        ("birthday", "birthday of bruno@example.com is not known"),
        ("correction", "No correction is drafted for bruno@example.com"),
    ],
)
def test_what_a_customer_does_not_have_is_said(pounds: Cafe, template: str, sentence: str) -> None:
    pounds.customer("bruno")
    with pytest.raises(WrongUsageError, match=sentence):
        for_customer(pounds, template, "bruno@example.com")


def test_an_address_of_nobody_is_refused(pounds: Cafe) -> None:
    with pytest.raises(WrongUsageError, match="No customer has the address"):
        for_customer(pounds, "birthday", "nobody@example.com")
