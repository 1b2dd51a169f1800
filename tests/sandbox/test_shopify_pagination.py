"""Every record is on exactly one page, for any order, page size and change in between."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.shopify.errors import ShopifyError
from sandbox.shopify.pagination import MAX_PAGE_SIZE, RecordStore, page_size
from sandbox.shopify.search import Bound, Operator

START = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Visit:
    number: int
    at: datetime
    touched: datetime


def visit(number: int, at: int = 0, touched: int = 0) -> Visit:
    return Visit(number, START + timedelta(hours=at), START + timedelta(hours=touched))


def store_of(visits: list[Visit]) -> RecordStore[Visit]:
    return RecordStore(visits, {"at": lambda v: v.at, "touched": lambda v: v.touched})


def every_page(
    store: RecordStore[Visit], sort: str, bounds: list[Bound], first: int, *, reverse: bool
) -> list[list[Visit]]:
    pages, after = [], None
    while True:
        page = store.page(sort, bounds, first, after, reverse=reverse)
        pages.append(page.records)
        if not page.has_next:
            return pages
        after = page.cursors[-1]


hours = st.integers(0, 6)
visit_lists = st.lists(st.tuples(hours, hours), max_size=30).map(
    lambda pairs: [visit(number, *pair) for number, pair in enumerate(pairs)]
)
bound_lists = st.lists(
    st.builds(
        lambda field, operator, hour: Bound(field, operator, START + timedelta(hours=hour)),
        st.sampled_from(["at", "touched"]),
        st.sampled_from([">=", ">", "<=", "<", "="]),
        hours,
    ),
    max_size=3,
)


@given(visit_lists, bound_lists, st.sampled_from(["id", "at"]), st.integers(1, 8), st.booleans())
def test_the_pages_are_the_sorted_and_filtered_records_cut_up(
    visits: list[Visit], bounds: list[Bound], sort: str, first: int, reverse: bool
) -> None:
    pages = every_page(store_of(visits), sort, bounds, first, reverse=reverse)
    expected = [v for v in visits if all(b.matches(getattr(v, b.field)) for b in bounds)]
    expected.sort(key=lambda v: (v.at, v.number) if sort == "at" else (START, v.number))
    assert [v for page in pages for v in page] == expected[:: -1 if reverse else 1]
    assert all(len(page) == first for page in pages[:-1])
    assert pages[-1] or len(pages) == 1


@pytest.mark.parametrize("operator", [">=", ">", "<=", "<", "="])
@pytest.mark.parametrize("hour", range(5))
def test_a_bound_on_the_sort_key_cuts_where_it_says(operator: Operator, hour: int) -> None:
    visits = [visit(number, at) for number, at in enumerate([1, 1, 2, 3, 3])]
    bound = Bound("at", operator, START + timedelta(hours=hour))
    expected = [v for v in visits if bound.matches(v.at)]
    assert every_page(store_of(visits), "at", [bound], 2, reverse=False) == split_pages(expected, 2)
    assert every_page(store_of(visits), "at", [bound], 2, reverse=True) == split_pages(
        expected[::-1], 2
    )


def split_pages(visits: list[Visit], size: int) -> list[list[Visit]]:
    return [visits[start : start + size] for start in range(0, len(visits), size)] or [[]]


def test_records_of_the_same_second_are_not_lost_between_two_pages() -> None:
    pages = every_page(store_of([visit(n) for n in range(7)]), "at", [], 3, reverse=False)
    assert [[v.number for v in page] for page in pages] == [[0, 1, 2], [3, 4, 5], [6]]


def test_a_record_touched_while_paging_comes_again_at_the_end() -> None:
    store = store_of([visit(n, touched=n) for n in range(4)])
    first = store.page("touched", [], 2, None, reverse=False)
    store.put(visit(0, touched=9))
    second = store.page("touched", [], 9, first.cursors[-1], reverse=False)
    assert [v.number for v in second.records] == [2, 3, 0]


def test_the_next_page_is_found_though_the_cursors_record_has_moved() -> None:
    store = store_of([visit(n, touched=n) for n in range(4)])
    first = store.page("touched", [], 2, None, reverse=False)
    store.put(visit(1, touched=9))
    second = store.page("touched", [], 9, first.cursors[-1], reverse=False)
    assert [v.number for v in second.records] == [2, 3, 1]


def test_a_page_touches_no_more_records_than_it_needs() -> None:
    reads = 0

    def touched(v: Visit) -> datetime:
        nonlocal reads
        reads += 1
        return v.touched

    visits = [visit(n, n, n) for n in range(5_000)]
    store = RecordStore(visits, {"touched": touched, "at": lambda v: v.at})
    late = Bound("touched", ">=", START + timedelta(hours=4_000))
    store.page("touched", [late], 10, None, reverse=False)
    assert reads == 5_000
    store.page("touched", [late], 10, None, reverse=False)
    store.page("at", [Bound("touched", ">=", START)], 10, None, reverse=False)
    assert reads == 5_011


def test_a_cursor_is_shaped_like_shopifys() -> None:
    page = store_of([visit(7, 2)]).page("at", [], 1, None, reverse=False)
    assert orjson.loads(base64.b64decode(page.cursors[0])) == {
        "last_id": 7,
        "last_value": "2026-03-01T02:00:00+00:00",
    }


@pytest.mark.parametrize(
    "cursor",
    [
        "rubbish",
        "",
        base64.b64encode(b"[]").decode(),
        base64.b64encode(b'{"last_id":1,"last_value":"1"}').decode(),
        base64.b64encode(b'{"last_id":1,"last_value":"2026-03-01T00:00:00"}').decode(),
    ],
)
def test_a_cursor_of_another_order_is_refused(cursor: str) -> None:
    with pytest.raises(ShopifyError, match="Invalid cursor"):
        store_of([visit(1)]).page("at", [], 1, cursor, reverse=False)


@pytest.mark.parametrize("first", [None, -1, 0, MAX_PAGE_SIZE + 1])
def test_a_page_must_have_a_size_up_to_250(first: int | None) -> None:
    with pytest.raises(ShopifyError, match="first"):
        page_size(first)
    assert page_size(MAX_PAGE_SIZE) == 250
