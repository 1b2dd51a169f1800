"""Cached INSERT statements are never confused with each other, on either database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import CacheKey, Engine, and_, case, delete, event, func, literal, select, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import CacheStats
from sqlmodel import col

from shop.db.cached_insert import Insert
from shop.db.engine import write_transaction
from shop.db.upsert import insert_into, upsert
from shop.tables import Identity, SharedPhone, Stop, SyncState
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.rows import identity

Stored = dict[str, str | None]
KEY = ["source", "stream"]
DIALECTS = [each.dialect() for each in (sqlite, postgresql)]
LATER = MARCH + timedelta(days=1)


def plain_insert() -> Insert:
    return insert_into(SyncState)


def upserting(where: Any = None, key: list[str] = KEY, **new_values: Any) -> Insert:
    return plain_insert().on_conflict_do_update(index_elements=key, set_=new_values, where=where)


EXCLUDED = plain_insert().excluded
STORED = SyncState.__table__.c  # type: ignore[attr-defined]  # SQLModel sets it
ALL_STOPS = select(literal("till"), col(Stop.what))
# No two of them are one statement, alike as they look.
SHAPES: dict[str, Callable[[], Insert]] = {
    "nothing said": plain_insert,
    "nothing": lambda: plain_insert().on_conflict_do_nothing(),
    "another table": lambda: insert_into(Stop),
    "nothing in another table": lambda: insert_into(Stop).on_conflict_do_nothing(),
    "one column": lambda: upserting(cursor=EXCLUDED.cursor),
    "another": lambda: upserting(fingerprint=EXCLUDED.fingerprint),
    "one from another": lambda: upserting(cursor=EXCLUDED.fingerprint),
    "both": lambda: upserting(cursor=EXCLUDED.cursor, fingerprint=EXCLUDED.fingerprint),
    "both, crossed": lambda: upserting(cursor=EXCLUDED.fingerprint, fingerprint=EXCLUDED.cursor),
    "the known": lambda: upserting(cursor=STORED.cursor),
    "the new, else the known": lambda: upserting(
        cursor=func.coalesce(EXCLUDED.cursor, STORED.cursor)
    ),
    "the known, else the new": lambda: upserting(
        cursor=func.coalesce(STORED.cursor, EXCLUDED.cursor)
    ),
    "a value": lambda: upserting(cursor="7"),
    "a value for another": lambda: upserting(fingerprint="7"),
    "a value and a column": lambda: upserting(cursor="7", fingerprint=EXCLUDED.fingerprint),
    "a moment": lambda: upserting(since=MARCH),
    "by another key": lambda: upserting(key=["stream"], cursor=EXCLUDED.cursor),
    "by the key, turned": lambda: upserting(key=["stream", "source"], cursor=EXCLUDED.cursor),
    "where newer": lambda: upserting(EXCLUDED.cursor > STORED.cursor, cursor=EXCLUDED.cursor),
    "where older": lambda: upserting(EXCLUDED.cursor < STORED.cursor, cursor=EXCLUDED.cursor),
    "where the known is newer": lambda: upserting(
        STORED.cursor > EXCLUDED.cursor, cursor=EXCLUDED.cursor
    ),
    "where a value": lambda: upserting(EXCLUDED.cursor == "7", cursor=EXCLUDED.cursor),
    "where both": lambda: upserting(
        and_(EXCLUDED.cursor == "7", EXCLUDED.cursor > STORED.cursor), cursor=EXCLUDED.cursor
    ),
    "in a case": lambda: upserting(cursor=case((EXCLUDED.since > STORED.since, EXCLUDED.cursor))),
    "in another case": lambda: upserting(
        cursor=case((EXCLUDED.until > STORED.until, EXCLUDED.cursor))
    ),
    "with values": lambda: plain_insert().values(source="till", stream="orders"),
    "with values, nothing": lambda: (
        plain_insert().values(source="till", stream="orders").on_conflict_do_nothing()
    ),
    "from rows": lambda: plain_insert().from_select(KEY, ALL_STOPS),
    "from rows, nothing": lambda: (
        plain_insert().from_select(KEY, ALL_STOPS).on_conflict_do_nothing()
    ),
    "from rows, turned": lambda: plain_insert().from_select(["stream", "source"], ALL_STOPS),
    "from some rows": lambda: plain_insert().from_select(
        KEY, ALL_STOPS.where(col(Stop.because).is_(None))
    ),
    "from rows that are all": lambda: plain_insert().from_select(KEY, ALL_STOPS.where(true())),
}


def cache_key(statement: Insert) -> CacheKey:
    key = statement._generate_cache_key()
    assert key
    return key


def compiled_sql(statement: Insert) -> list[str]:
    """On each database."""
    return [str(statement.compile(dialect=dialect)) for dialect in DIALECTS]


@pytest.mark.parametrize("shape", SHAPES)
def test_equal_statements_share_a_cache_key(shape: str) -> None:
    first, second = SHAPES[shape](), SHAPES[shape]()
    assert cache_key(first).key == cache_key(second).key
    assert compiled_sql(first) == compiled_sql(second)


def test_no_two_different_statements_share_a_key() -> None:
    keys = {name: cache_key(shape()).key for name, shape in SHAPES.items()}
    assert [pair for pair in combinations(keys, 2) if keys[pair[0]] == keys[pair[1]]] == []


TEXTS = ["cursor", "fingerprint"]
VALUES = st.one_of(
    st.sampled_from([EXCLUDED.cursor, EXCLUDED.fingerprint, STORED.cursor, STORED.fingerprint]),
    st.sampled_from(["7", "8", None]),
    st.sampled_from(
        [func.coalesce(EXCLUDED.cursor, STORED.cursor), func.coalesce(STORED.cursor, "7")]
    ),
)
WHERES = st.sampled_from(
    [
        None,
        EXCLUDED.cursor > STORED.cursor,
        STORED.cursor > EXCLUDED.cursor,
        EXCLUDED.cursor == "7",
        EXCLUDED.cursor == "8",
    ]
)
UPDATES = st.builds(
    lambda changed, where, key: upserting(where, key, **changed),
    st.dictionaries(st.sampled_from(TEXTS), VALUES, min_size=1),
    WHERES,
    st.sampled_from([KEY, KEY[:1], KEY[::-1]]),
)


@given(UPDATES, UPDATES)
def test_statements_with_one_key_have_the_same_sql(
    statement_a: Insert, statement_b: Insert
) -> None:
    if cache_key(statement_a).key == cache_key(statement_b).key:
        assert compiled_sql(statement_a) == compiled_sql(statement_b)
    for statement in (statement_a, statement_b):
        bound_values = [value.value for value in cache_key(statement).bindparams]
        compiled_values = [
            value
            for name, value in statement.compile(dialect=DIALECTS[0]).params.items()
            if name not in STORED
        ]
        assert sorted(bound_values, key=str) == sorted(compiled_values, key=str)


def state_row(**more: Any) -> dict[str, Any]:
    return dict.fromkeys(STORED.keys()) | {"source": "till", "stream": "orders"} | more


def stored_after(engine: Engine, statement: Insert, **more: Any) -> dict[str, Any]:
    """The stored row of one stream after `statement` was executed."""
    with write_transaction(engine) as connection:
        connection.execute(statement, state_row(**more))
        [stored] = connection.execute(select(SyncState.__table__)).mappings().all()  # type: ignore[attr-defined]  # SQLModel's
    return dict(stored)


def test_statements_that_look_alike_each_do_their_own(engine: Engine) -> None:
    initial: Stored = {"cursor": "5", "fingerprint": "f"}
    update_values: Stored = {"cursor": "6", "fingerprint": "g"}
    outcomes: dict[str, Stored] = {
        "nothing": initial,
        "one column": {"cursor": "6", "fingerprint": "f"},
        "another": {"cursor": "5", "fingerprint": "g"},
        "one from another": {"cursor": "g", "fingerprint": "f"},
        "both": update_values,
        "both, crossed": {"cursor": "g", "fingerprint": "6"},
        "the known": initial,
        "the new, else the known": {"cursor": "6", "fingerprint": "f"},
        "the known, else the new": initial,
        "a value": {"cursor": "7", "fingerprint": "f"},
        "a value for another": {"cursor": "5", "fingerprint": "7"},
        "a value and a column": {"cursor": "7", "fingerprint": "g"},
        "where newer": {"cursor": "6", "fingerprint": "f"},
        "where older": initial,
        "where the known is newer": initial,
        "where a value": initial,
        "in a case": {"cursor": None, "fingerprint": "f"},
    }
    for _ in range(2):  # the second time each is known
        for shape, outcome in outcomes.items():
            stored_after(engine, upserting(cursor="5", fingerprint="f"), **initial)
            stored = stored_after(engine, SHAPES[shape](), **update_values)
            assert {name: stored[name] for name in initial} == outcome, shape


@pytest.mark.parametrize(
    ("name", "values"),
    [("cursor", ["7", "8", None, "9"]), ("since", [MARCH, None, LATER, MARCH])],
)
def test_a_value_is_never_that_of_the_statement_before(
    engine: Engine, name: str, values: list[Any]
) -> None:
    stored_after(engine, plain_insert())
    for value in values:
        assert stored_after(engine, upserting(**{name: value}))[name] == value


def test_a_where_value_is_never_that_of_the_statement_before(engine: Engine) -> None:
    for cursor in ("7", "8", "7"):
        stored_after(engine, upserting(cursor="nothing came"))
        stored = stored_after(
            engine, upserting(EXCLUDED.cursor == cursor, cursor=EXCLUDED.cursor), cursor=cursor
        )
        assert stored["cursor"] == cursor


def test_many_rows_each_bring_their_own(engine: Engine) -> None:
    for prefix in ("they share it", "it is the shop's", "they share it"):
        rows = [
            {"phone_key": str(number), "why": f"{prefix} {number}", "seen_at": MARCH}
            for number in range(3)
        ]
        insert = insert_into(SharedPhone)
        new_values = {"why": insert.excluded.why, "seen_at": LATER}
        with write_transaction(engine) as connection:
            connection.execute(
                insert.on_conflict_do_update(index_elements=["phone_key"], set_=new_values), rows
            )
            stored_reasons = connection.execute(
                select(col(SharedPhone.why)).order_by(col(SharedPhone.phone_key))
            ).scalars()
            assert list(stored_reasons) == [f"{prefix} {number}" for number in range(3)]


def test_keep_if_null_is_part_of_the_cache_key(engine: Engine) -> None:
    for keep_if_null, first_name in (((), None), (["first_name"], "Ana"), ((), None)):
        rows = [identity("ana", version=1)], [identity("ana", first_name=None, version=2)]
        with write_transaction(engine) as connection:
            upsert(connection, Identity, rows[0], key=["source", "external_id"])
            upsert(
                connection,
                Identity,
                rows[1],
                key=["source", "external_id"],
                keep_if_null=keep_if_null,
            )
            assert connection.scalar(select(col(Identity.first_name))) == first_name
            connection.execute(delete(Identity))


@contextmanager
def compiled_statements(engine: Engine) -> Iterator[list[str]]:
    """Collects the statements that were compiled, without those of transactions."""
    statements: list[str] = []

    def note(
        _conn: Any, _cursor: Any, sql: str, _values: Any, context: Any, _executemany: bool
    ) -> None:
        if context.compiled and context.cache_hit is not CacheStats.CACHE_HIT:
            statements.append(sql)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def test_a_second_run_compiles_no_statement(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart: {when: cart abandoned, for: 3 hours, then: [{send: cart-reminder}]}
      we-miss-you: {when: no visit, for: 45 days, then: [{send: we-miss-you}]}
    """
    for day, name in enumerate(("ana", "bruno")):
        now = MARCH + day * DAY
        with compiled_statements(cafe.engine) as statements:
            cafe.customer(name)
            cafe.visits(name, now - 45 * DAY)
            cafe.cart(name, now - 3 * HOUR)
            assert cafe.counts(now)["rehearsed"] == 2
    assert statements == []
