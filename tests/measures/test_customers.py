"""Customer metrics after a whole tick."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import col

from shop.tables import ChangeMarker, Metrics
from tests.cafe import DAY, MARCH, Cafe
from tests.rows import order, refund

Figures = tuple[int, int]  # visits, amount spent


def figures(cafe: Cafe) -> Figures | None:
    """Returns Clara's visits and amount spent."""
    rows = cafe.select_all(col(Metrics.visits), col(Metrics.spent))
    return rows[0] if rows else None


@pytest.mark.parametrize(
    ("refunded", "spent"),
    [
        pytest.param([], 2500, id="nothing given back"),
        pytest.param([250], 2250, id="a part of one order"),
        pytest.param([250, 250], 2000, id="two parts of one order"),
        pytest.param([1250], 1250, id="all of one order"),
        pytest.param([1249], 1251, id="all but a cent of it"),
        pytest.param([1250, 1], 1250, id="more than was paid takes nothing from the other order"),
    ],
)
def test_a_refund_lowers_what_was_spent_and_takes_no_visit_away(
    cafe: Cafe, refunded: list[int], spent: int
) -> None:
    """
    rules: {}
    """
    cafe.customer("clara")
    cafe.arrive(orders=[order("one", "clara", MARCH - DAY), order("two", "clara", MARCH)])
    cafe.arrive(refunds=[refund(f"r{n}", "one", cents, MARCH) for n, cents in enumerate(refunded)])
    cafe.run(MARCH)
    assert figures(cafe) == (2, spent)


def test_a_later_refund_is_counted_by_the_next_run(cafe: Cafe) -> None:
    """
    rules: {}
    """
    cafe.customer("clara")
    cafe.arrive(orders=[order("one", "clara", MARCH - DAY)])
    cafe.run(MARCH)
    assert figures(cafe) == (1, 1250)
    cafe.arrive(refunds=[refund("r", "one", 400, MARCH)])
    assert len(cafe.select_all(model=ChangeMarker)) == 1
    cafe.run(MARCH + DAY)
    assert figures(cafe) == (1, 850)


def test_a_refund_may_come_before_its_order(cafe: Cafe) -> None:
    """
    rules: {}
    """
    cafe.arrive(refunds=[refund("r", "one", 400, MARCH)])
    cafe.run(MARCH)
    assert figures(cafe) is None
    cafe.customer("clara")
    cafe.arrive(orders=[order("one", "clara", MARCH - DAY)])
    cafe.run(MARCH)
    assert figures(cafe) == (1, 850)


def test_the_refund_of_another_sources_order_with_the_same_number_is_not_ours(cafe: Cafe) -> None:
    """
    rules: {}
    """
    cafe.customer("clara")
    cafe.arrive(
        orders=[order("7", "clara", MARCH)],
        refunds=[refund("r", "7", 400, MARCH) | {"source": "till"}],
    )
    cafe.run(MARCH)
    assert figures(cafe) == (1, 1250)


def test_a_cancelled_order_is_no_visit_and_its_refund_lowers_no_other(cafe: Cafe) -> None:
    """
    rules: {}
    """
    cafe.customer("clara")
    cancelled = order("one", "clara", MARCH - DAY, counts=False)
    cafe.arrive(orders=[cancelled, order("two", "clara", MARCH)])
    cafe.arrive(refunds=[refund("r", "one", 1250, MARCH)])
    cafe.run(MARCH)
    assert figures(cafe) == (1, 1250)


@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        pytest.param([{"currency": "JPY", "total": 100_000}], (1, 0), id="yen are no cents"),
        pytest.param(
            [{"currency": "USD"}, {"total": 300}], (1, 300), id="only the shop's own are added up"
        ),
        pytest.param([{"currency": "eur"}], (1, 0), id="a currency has one spelling"),
    ],
)
def test_an_order_in_another_currency_is_a_visit_and_no_money(
    cafe: Cafe, orders: list[dict[str, Any]], expected: Figures
) -> None:
    """
    rules: {}
    """
    cafe.customer("clara")
    cafe.arrive(orders=[order(str(n), "clara", MARCH, **fields) for n, fields in enumerate(orders)])
    cafe.run(MARCH)
    assert figures(cafe) == expected


def test_the_rule_sees_what_is_left_after_refunds(cafe: Cafe) -> None:
    """
    rules:
      good-customers:
        when: no visit
        for: 45 days
        if: {total spent: at least 12.50}
        then: [{send: we-miss-you}]
        include backlog: yes
    """
    for name in ("ana", "bruno"):
        cafe.customer(name)
        cafe.arrive(orders=[order(f"of-{name}", name, MARCH - 50 * DAY)])
    cafe.arrive(refunds=[refund("r", "of-bruno", 1, MARCH - 49 * DAY)])
    cafe.run(MARCH)
    assert cafe.mailed_names() == ["ana"]
