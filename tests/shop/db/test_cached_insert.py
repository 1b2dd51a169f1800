"""What is put together once is never taken for another statement's, on either database."""

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
from shop.db.engine import writing
from shop.db.upsert import insert_into, upsert
from shop.tables import Identity, SharedPhone, Stop, SyncState
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.rows import identity

Stored = dict[str, str | None]
KEY = ["source", "stream"]
DIALECTS = [each.dialect() for each in (sqlite, postgresql)]
LATER = MARCH + timedelta(days=1)


def states() -> Insert:
    return insert_into(SyncState)


def updating(where: Any = None, key: list[str] = KEY, **changed: Any) -> Insert:
    return states().on_conflict_do_update(index_elements=key, set_=changed, where=where)


NEW = states().excluded
OLD = SyncState.__table__.c  # type: ignore[attr-defined]  # SQLModel sets it
EVERY = select(literal("till"), col(Stop.what))
# No two of them are one statement, alike as they look.
SHAPES: dict[str, Callable[[], Insert]] = {
    "nothing said": states,
    "nothing": lambda: states().on_conflict_do_nothing(),
    "another table": lambda: insert_into(Stop),
    "nothing in another table": lambda: insert_into(Stop).on_conflict_do_nothing(),
    "one column": lambda: updating(cursor=NEW.cursor),
    "another": lambda: updating(fingerprint=NEW.fingerprint),
    "one from another": lambda: updating(cursor=NEW.fingerprint),
    "both": lambda: updating(cursor=NEW.cursor, fingerprint=NEW.fingerprint),
    "both, crossed": lambda: updating(cursor=NEW.fingerprint, fingerprint=NEW.cursor),
    "the known": lambda: updating(cursor=OLD.cursor),
    "the new, else the known": lambda: updating(cursor=func.coalesce(NEW.cursor, OLD.cursor)),
    "the known, else the new": lambda: updating(cursor=func.coalesce(OLD.cursor, NEW.cursor)),
    "a value": lambda: updating(cursor="7"),
    "a value for another": lambda: updating(fingerprint="7"),
    "a value and a column": lambda: updating(cursor="7", fingerprint=NEW.fingerprint),
    "a moment": lambda: updating(since=MARCH),
    "by another key": lambda: updating(key=["stream"], cursor=NEW.cursor),
    "by the key, turned": lambda: updating(key=["stream", "source"], cursor=NEW.cursor),
    "where newer": lambda: updating(NEW.cursor > OLD.cursor, cursor=NEW.cursor),
    "where older": lambda: updating(NEW.cursor < OLD.cursor, cursor=NEW.cursor),
    "where the known is newer": lambda: updating(OLD.cursor > NEW.cursor, cursor=NEW.cursor),
    "where a value": lambda: updating(NEW.cursor == "7", cursor=NEW.cursor),
    "where both": lambda: updating(
        and_(NEW.cursor == "7", NEW.cursor > OLD.cursor), cursor=NEW.cursor
    ),
    "in a case": lambda: updating(cursor=case((NEW.since > OLD.since, NEW.cursor))),
    "in another case": lambda: updating(cursor=case((NEW.until > OLD.until, NEW.cursor))),
    "with values": lambda: states().values(source="till", stream="orders"),
    "with values, nothing": lambda: (
        states().values(source="till", stream="orders").on_conflict_do_nothing()
    ),
    "from rows": lambda: states().from_select(KEY, EVERY),
    "from rows, nothing": lambda: states().from_select(KEY, EVERY).on_conflict_do_nothing(),
    "from rows, turned": lambda: states().from_select(["stream", "source"], EVERY),
    "from some rows": lambda: states().from_select(KEY, EVERY.where(col(Stop.because).is_(None))),
    "from rows that are all": lambda: states().from_select(KEY, EVERY.where(true())),
}


def known_by(statement: Insert) -> CacheKey:
    key = statement._generate_cache_key()
    assert key
    return key


def in_sql(statement: Insert) -> list[str]:
    """On each database."""
    return [str(statement.compile(dialect=dialect)) for dialect in DIALECTS]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_statement_is_known_again(shape: str) -> None:
    first, second = SHAPES[shape](), SHAPES[shape]()
    assert known_by(first).key == known_by(second).key
    assert in_sql(first) == in_sql(second)


def test_no_two_different_statements_share_a_key() -> None:
    known = {name: known_by(shape()).key for name, shape in SHAPES.items()}
    assert [pair for pair in combinations(known, 2) if known[pair[0]] == known[pair[1]]] == []


TEXTS = ["cursor", "fingerprint"]
VALUES = st.one_of(
    st.sampled_from([NEW.cursor, NEW.fingerprint, OLD.cursor, OLD.fingerprint]),
    st.sampled_from(["7", "8", None]),
    st.sampled_from([func.coalesce(NEW.cursor, OLD.cursor), func.coalesce(OLD.cursor, "7")]),
)
WHERES = st.sampled_from(
    [None, NEW.cursor > OLD.cursor, OLD.cursor > NEW.cursor, NEW.cursor == "7", NEW.cursor == "8"]
)
UPDATES = st.builds(
    lambda changed, where, key: updating(where, key, **changed),
    st.dictionaries(st.sampled_from(TEXTS), VALUES, min_size=1),
    WHERES,
    st.sampled_from([KEY, KEY[:1], KEY[::-1]]),
)


@given(UPDATES, UPDATES)
def test_what_shares_a_key_shares_its_sql_and_gives_all_its_values(
    one: Insert, other: Insert
) -> None:
    if known_by(one).key == known_by(other).key:
        assert in_sql(one) == in_sql(other)
    for statement in (one, other):
        bound = [value.value for value in known_by(statement).bindparams]
        said = [
            value
            for name, value in statement.compile(dialect=DIALECTS[0]).params.items()
            if name not in OLD
        ]
        assert sorted(bound, key=str) == sorted(said, key=str)


def row(**more: Any) -> dict[str, Any]:
    return dict.fromkeys(OLD.keys()) | {"source": "till", "stream": "orders"} | more


def written(engine: Engine, statement: Insert, **more: Any) -> dict[str, Any]:
    """What is stored of that one stream after this."""
    with writing(engine) as connection:
        connection.execute(statement, row(**more))
        [found] = connection.execute(select(SyncState.__table__)).mappings().all()  # type: ignore[attr-defined]  # SQLModel's
    return dict(found)


def test_statements_that_look_alike_each_do_their_own(engine: Engine) -> None:
    start: Stored = {"cursor": "5", "fingerprint": "f"}
    then: Stored = {"cursor": "6", "fingerprint": "g"}
    comes_to: dict[str, Stored] = {
        "nothing": start,
        "one column": {"cursor": "6", "fingerprint": "f"},
        "another": {"cursor": "5", "fingerprint": "g"},
        "one from another": {"cursor": "g", "fingerprint": "f"},
        "both": then,
        "both, crossed": {"cursor": "g", "fingerprint": "6"},
        "the known": start,
        "the new, else the known": {"cursor": "6", "fingerprint": "f"},
        "the known, else the new": start,
        "a value": {"cursor": "7", "fingerprint": "f"},
        "a value for another": {"cursor": "5", "fingerprint": "7"},
        "a value and a column": {"cursor": "7", "fingerprint": "g"},
        "where newer": {"cursor": "6", "fingerprint": "f"},
        "where older": start,
        "where the known is newer": start,
        "where a value": start,
        "in a case": {"cursor": None, "fingerprint": "f"},
    }
    for _ in range(2):  # the second time each is known
        for shape, outcome in comes_to.items():
            written(engine, updating(cursor="5", fingerprint="f"), **start)
            found = written(engine, SHAPES[shape](), **then)
            assert {name: found[name] for name in start} == outcome, shape


@pytest.mark.parametrize(
    ("name", "values"),
    [("cursor", ["7", "8", None, "9"]), ("since", [MARCH, None, LATER, MARCH])],
)
def test_a_value_is_never_that_of_the_statement_before(
    engine: Engine, name: str, values: list[Any]
) -> None:
    written(engine, states())
    for value in values:
        assert written(engine, updating(**{name: value}))[name] == value


def test_nor_is_the_value_that_is_asked_for(engine: Engine) -> None:
    for asked in ("7", "8", "7"):
        written(engine, updating(cursor="nothing came"))
        found = written(engine, updating(NEW.cursor == asked, cursor=NEW.cursor), cursor=asked)
        assert found["cursor"] == asked


def test_many_rows_each_bring_their_own(engine: Engine) -> None:
    for why in ("they share it", "it is the shop's", "they share it"):
        rows = [
            {"phone_key": str(number), "why": f"{why} {number}", "seen_at": MARCH}
            for number in range(3)
        ]
        noting = insert_into(SharedPhone)
        fresh = {"why": noting.excluded.why, "seen_at": LATER}
        with writing(engine) as connection:
            connection.execute(
                noting.on_conflict_do_update(index_elements=["phone_key"], set_=fresh), rows
            )
            found = connection.execute(
                select(col(SharedPhone.why)).order_by(col(SharedPhone.phone_key))
            ).scalars()
            assert list(found) == [f"{why} {number}" for number in range(3)]


def test_what_an_arrival_keeps_is_not_what_the_next_one_keeps(engine: Engine) -> None:
    for keeps, first_name in (((), None), (["first_name"], "Ana"), ((), None)):
        rows = [identity("ana", version=1)], [identity("ana", first_name=None, version=2)]
        with writing(engine) as connection:
            upsert(connection, Identity, rows[0], key=["source", "external_id"])
            upsert(connection, Identity, rows[1], key=["source", "external_id"], keep_known=keeps)
            assert connection.scalar(select(col(Identity.first_name))) == first_name
            connection.execute(delete(Identity))


@contextmanager
def put_together(engine: Engine) -> Iterator[list[str]]:
    """The statements that were not known, but for the words around a transaction."""
    found: list[str] = []

    def note(_conn: Any, _cursor: Any, sql: str, _values: Any, context: Any, _many: bool) -> None:
        if context.compiled and context.cache_hit is not CacheStats.CACHE_HIT:
            found.append(sql)

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def test_a_round_like_the_last_puts_nothing_together(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart: {when: cart abandoned, for: 3 hours, then: [{send: cart-reminder}]}
      we-miss-you: {when: no visit, for: 45 days, then: [{send: we-miss-you}]}
    """
    for day, name in enumerate(("ana", "bruno")):
        now = MARCH + day * DAY
        with put_together(cafe.engine) as found:
            cafe.customer(name)
            cafe.visits(name, now - 45 * DAY)
            cafe.cart(name, now - 3 * HOUR)
            assert cafe.counts(now)["rehearsed"] == 2
    assert found == []
