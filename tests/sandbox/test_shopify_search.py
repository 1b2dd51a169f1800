"""Search filters: bounds, ignored fields, unsupported syntax."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sandbox.shopify.errors import ShopifyError
from sandbox.shopify.search import Bound, parse_search

MARCH = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "updated_at:>='2026-03-01T00:00:00Z' AND updated_at:<'2026-03-03T10:00:00Z'",
        'updated_at:>="2026-03-01T00:00:00Z" updated_at:<"2026-03-03T10:00:00Z"',
        "updated_at:>=2026-03-01T00:00:00Z AND updated_at:<2026-03-03T10:00:00.000000Z",
        "  updated_at: >='2026-03-01T01:00:00+01:00'   AND  updated_at:<'2026-03-03T10:00:00Z' ",
        "updated_at:>='2026-03-01' AND updated_at:<'2026-03-03T10:00:00'",
    ],
)
def test_a_window_is_read_however_it_is_spelled(text: str) -> None:
    end = datetime(2026, 3, 3, 10, tzinfo=UTC)
    search = parse_search("orders", text)
    assert search.bounds == [Bound("updated_at", ">=", MARCH), Bound("updated_at", "<", end)]
    assert search.warnings == []


@pytest.mark.parametrize("text", [None, "", "   "])
def test_no_filter_filters_nothing(text: str | None) -> None:
    assert parse_search("customers", text).bounds == []


def test_a_bare_time_is_its_whole_day() -> None:
    search = parse_search("orders", "created_at:'2026-03-01T14:30:00Z'")
    assert [bound.operator for bound in search.bounds] == [">=", "<"]
    assert search.bounds[0].value == MARCH
    assert search.bounds[1].value == datetime(2026, 3, 2, tzinfo=UTC)


def test_an_unknown_field_is_ignored_with_a_warning() -> None:
    search = parse_search("orders", "upated_at:>='2026-03-01' AND id:>5")
    assert search.bounds == [Bound("id", ">", 5)]
    assert [(warning["field"], warning["code"]) for warning in search.warnings] == [
        ("upated_at", "invalid_field")
    ]


def test_customers_have_no_created_at_to_filter_by() -> None:
    assert parse_search("customers", "created_at:>'2026-03-01'").warnings
    assert parse_search("customers", "customer_date:>'2026-03-01'").bounds


@pytest.mark.parametrize(
    "text",
    [
        "updated_at:>'2026-03-01' OR id:>5",
        "NOT id:>5",
        "(id:>5)",
        "id:five",
        "updated_at:>'yesterday'",
        "updated_at:>'2026-02-30'",
        "Bob Norman",
        "tag:vip",
        "updated_at:>'2026-03-01'AND id:>5",
    ],
)
def test_what_only_shopify_understands_is_refused_and_never_ignored(text: str) -> None:
    with pytest.raises(ShopifyError) as refusal:
        parse_search("customers", text)
    assert refusal.value.code == "SANDBOX_LIMIT"
