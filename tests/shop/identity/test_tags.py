"""Tags are compared alike on both databases: capitals, accents, quotes, %, _ and backslash."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlmodel import col

from shop.db.engine import read_transaction, write_transaction
from shop.identity.tags import has_any_tag, tag_key
from shop.ingest.source_rows import SourceRows, ingest_rows
from shop.tables import Customer, Identity
from tests.rows import identity

MARCH = datetime(2026, 3, 3, 10, tzinfo=UTC)
TAGS = (
    "Wholesale", "ÉQUIPE", "e\u0301te\u0301", "50% off", "under_score", "back\\slash",
    'the "regulars"', "the 'others'", "Straße", "a, b", ",", "ИВАН", "İstanbul", "x/y",
)  # fmt: skip


def ingest_tags(engine: Engine, *tags: str) -> None:
    row = identity("clara", tags=json.dumps(list(tags), ensure_ascii=False))
    with write_transaction(engine) as connection:
        ingest_rows(connection, "online-shop", SourceRows(identities=[row]), now=MARCH)


def matches(engine: Engine, *tags: str) -> bool:
    with read_transaction(engine) as connection:
        return bool(connection.scalars(select(col(Identity.id)).where(has_any_tag(tags))).all())


@pytest.mark.parametrize(
    "tag",
    [
        "wholesale", "WHOLESALE", " Wholesale ", "équipe", "E\u0301quipe", "été", "ÉTÉ", "50% OFF",
        "Under_Score", "BACK\\SLASH", 'THE "Regulars"', "The 'Others'", "STRASSE", "A, B", ",",
        "иван", "i\u0307stanbul", "X/Y",
    ],
)  # fmt: skip
def test_a_tag_is_found_in_every_spelling(engine: Engine, tag: str) -> None:
    ingest_tags(engine, *TAGS)
    assert matches(engine, tag)
    assert matches(engine, "unknown", tag)


@pytest.mark.parametrize(
    "tag",
    [
        "whole", "wholesaler", "equipe", "ete", "50_ off", "50%", "%", "_", "underXscore",
        "back", "back\\\\slash", "the", '"', "a", "b", ", ", "a,b", "x", "", "\n",
    ],
)  # fmt: skip
def test_part_of_a_tag_or_another_tag_is_not_found(engine: Engine, tag: str) -> None:
    ingest_tags(engine, *(known for known in TAGS if known != ","))
    assert not matches(engine, tag)


@given(st.text(max_size=20))
def test_the_key_of_a_key_is_the_key(tag: str) -> None:
    assert tag_key(tag_key(tag)) == tag_key(tag)
    assert "\n" not in tag_key(tag)


@pytest.mark.parametrize("names", [("Ana", "ana"), ("Éva", "Eva"), ("a-b", "ab"), ("_", "A")])
def test_of_records_of_one_moment_both_databases_take_the_same(
    engine: Engine, names: tuple[str, str]
) -> None:
    """The first by code points: a collation of PostgreSQL would order capitals and signs anew."""
    for name in names:
        row = identity(name, email="ana@example.com", first_name=f"called {name}")
        with write_transaction(engine) as connection:
            ingest_rows(connection, "online-shop", SourceRows([row]), now=MARCH)
    with read_transaction(engine) as connection:
        [first_name] = connection.scalars(select(col(Customer.first_name)))
    assert first_name == f"called {min(names)}"
