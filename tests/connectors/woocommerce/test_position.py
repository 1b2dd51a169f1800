"""Reading a list that changes between two pages misses none of the records that stay in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from connectors.woocommerce.position import Position, next_position, without_overlap
from connectors.woocommerce.responses import ListResponse

SIZE = 5
CHANGES = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 30), st.integers(1, 25)), max_size=5)


@given(st.integers(1, 60), CHANGES)
def test_what_stays_in_the_list_is_read(count: int, changes: list[tuple[int, int, int]]) -> None:
    """After the n-th page some records leave, and as many new ones come at the end."""
    listed, seen, cursor = list(range(1, count + 1)), set[int](), "0"
    stayed, arriving = set(listed), iter(range(1_000, 9_000))
    for page in range(200):
        position = Position.parse(cursor)
        records = [{"id": id_} for id_ in listed[position.offset : position.offset + SIZE]]
        seen |= {record["id"] for record in without_overlap(position, records)}
        following = next_position(position, ListResponse(list(records), len(listed)), SIZE)
        if following is None:
            break
        cursor = following
        for _, start, length in (change for change in changes if change[0] == page):
            leaving = listed[start : start + length]
            stayed -= set(leaving)
            listed = [id_ for id_ in listed if id_ not in leaving]
            listed += [next(arriving) for _ in leaving]
    assert following is None, "the reading never ends"
    assert stayed <= seen


def test_a_server_that_ignores_the_offset_is_not_read_for_ever() -> None:
    records = [{"id": id_} for id_ in range(1, SIZE + 1)]
    cursor: str | None = "0"
    pages = 0
    while cursor is not None and pages < 100:
        cursor = next_position(Position.parse(cursor), ListResponse(list(records), 23), SIZE)
        pages += 1
    assert pages < 10
