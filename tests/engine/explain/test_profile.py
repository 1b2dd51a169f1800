"""All that is known of one customer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import SQLModel

from engine.explain.model import document
from engine.explain.profile import Profile, profile_of
from settings.errors import WrongUse
from shop.consent.suppressions import Kind, Told, Why, lift, record, suppress
from shop.db.engine import reading, writing
from shop.ingest.arrivals import Arrivals, arrive
from tests.cafe import DAY, HOUR, MARCH, SECOND, Cafe
from tests.engine.explain.explanations import CLARA, answer
from tests.rows import identity, statement


def profile(cafe: Cafe, word: str = CLARA) -> Profile:
    with reading(cafe.engine) as connection:
        return profile_of(connection, cafe.shop.file, word, now=MARCH)


RULES = """
    loyalty: {earn: 1 point per 1, expire after: 30 days}
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder}, {wait: 1 day}, {send: we-miss-you}]
"""


def with_rules(test: Any) -> Any:
    test.__doc__ = RULES
    return test


@pytest.fixture
def clara(cafe: Cafe) -> Cafe:
    """Clara, known to two sources, with a bit of everything."""
    cafe.run(MARCH - DAY)
    cafe.customer("clara", says=None)
    cafe.arrive(
        identities=[
            identity("clara", email=CLARA, version=2, birthday="--03-14", tags='["early"]')
        ],
        statements=[statement("clara", "no", MARCH - 90 * DAY, evidence="UNSUBSCRIBED")],
        answers=[answer("clara", MARCH - HOUR, csat=5, words="Lovely.")],
    )
    at_the_till = identity("TILL7", email=CLARA, source="till", last_name="Gomes")
    yes = statement("TILL7", "yes", MARCH - 60 * DAY, source="till", wording="Yes, write to me.")
    with writing(cafe.engine) as connection:
        arrive(connection, "till", Arrivals(identities=[at_the_till], statements=[yes]))
    cafe.visits("clara", MARCH - 2 * HOUR)
    cafe.cart("clara", MARCH - 3 * HOUR)
    cafe.run()
    return cafe


@with_rules
def test_every_source_that_knows_them_is_named(clara: Cafe) -> None:
    found = profile(clara)
    assert [(one.source, one.id, list(one.tags)) for one in found.identities] == [
        ("online-shop", "clara", ["early"]), ("till", "TILL7", [])
    ]  # fmt: skip
    assert (found.customer.email, found.birthday) == (CLARA, "--03-14")


@with_rules
def test_the_basis_has_its_whole_history_and_the_word_that_decides(clara: Cafe) -> None:
    basis = profile(clara).basis
    assert basis.state == "yes"
    assert basis.why == "said on 2 January 2026, 10:00: SUBSCRIBED (till, by TILL7)"
    assert [(word.says, word.source, word.wording, word.decides) for word in basis.history] == [
        ("no", "online-shop", None, False), ("yes", "till", "Yes, write to me.", True)
    ]  # fmt: skip


@with_rules
def test_what_they_bought_and_collected_and_left_is_told(clara: Cafe) -> None:
    found = profile(clara)
    assert found.bought is not None
    assert (found.bought.visits, found.bought.spent) == (1, Decimal("12.50"))
    assert found.bought.last_visit_at == MARCH - 2 * HOUR
    assert (found.points, [lot.left for lot in found.lots]) == (12, [12])
    assert [cart.total for cart in found.carts] == [Decimal("18.50")]
    assert [(one.csat, one.words) for one in found.answers] == [(5, "Lovely.")]


@with_rules
def test_what_runs_and_what_was_mailed_is_told_with_what_came_back(clara: Cafe) -> None:
    [mail] = profile(clara).mails
    told = [
        Told("sendgrid", "1", Kind.DELIVERED, MARCH + SECOND, mail.id, CLARA),
        Told("sendgrid", "2", Kind.OPENED, MARCH + HOUR, mail.id, CLARA, by_machine=True),
    ]
    with writing(clara.engine) as connection:
        record(connection, told, now=MARCH + HOUR)
    found = profile(clara)
    [mail] = found.mails
    assert [(one.kind, one.by_machine) for one in mail.events] == [
        ("delivered", False), ("opened", True)
    ]  # fmt: skip
    assert (mail.template, mail.state) == ("cart-reminder", "rehearsed")
    assert [(one.rule, one.step, one.next_at) for one in found.running] == [
        ("abandoned-cart", "3", MARCH + DAY)
    ]


@with_rules
def test_an_address_that_gets_nothing_is_told_also_after_it_was_lifted(clara: Cafe) -> None:
    assert profile(clara).suppression is None
    with writing(clara.engine) as connection:
        suppress(connection, CLARA, Why.BY_HAND, "She asked", now=MARCH)
        lift(connection, CLARA, "She asked again", now=MARCH + HOUR)
    gone = profile(clara).suppression
    assert gone is not None
    assert (gone.reason, gone.detail, gone.lifted_because) == (
        "by hand", "She asked", "She asked again"
    )  # fmt: skip


@with_rules
def test_of_somebody_new_there_is_little_and_no_gap_in_the_document(cafe: Cafe) -> None:
    cafe.customer("bruno", says=None)
    found = document(profile(cafe, "bruno@example.com"))
    assert (found["bought"], found["points"], found["mails"]) == (None, 0, [])
    assert found["basis"] == {"state": "none", "why": "never said yes", "history": []}


@with_rules
def test_a_stranger_is_unknown_and_nobody_else_is_named(clara: Cafe) -> None:
    with pytest.raises(WrongUse) as told:
        profile(clara, "clar@example.com")
    assert "clara" not in str(told.value)


@with_rules
def test_looking_changes_nothing(clara: Cafe) -> None:
    before = everything(clara)
    profile(clara)
    assert everything(clara) == before


def everything(cafe: Cafe) -> dict[str, list[str]]:
    with reading(cafe.engine) as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in SQLModel.metadata.sorted_tables
        }
