"""Older databases are upgraded without loss; the way back is the copy made before."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Boolean, Engine, Integer, MetaData, Table, select, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

import shop.db.migrations
from settings.errors import OwnerFileError, UnavailableError
from shop.db import snapshot
from shop.db.engine import HEAD, open_database, schema_revision, schema_transaction
from shop.db.migrations import run_steps
from shop.db.upgrade import prepare_database, refuse_newer_schema
from tests.empty_database import another_database

STEPS = sorted(
    one.revision
    for one in ScriptDirectory(str(Path(shop.db.migrations.__file__).parent)).walk_revisions()
)
COUNTED_AGAIN = "rule_counts"  # from all messages, once the newest step is reached
pytestmark = pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database, on SQLite and PostgreSQL."""
    if request.param == "sqlite":
        yield open_database("sqlite:///regulars.db", base_folder=tmp_path)
        return
    with another_database(request.getfixturevalue("postgres")) as address:
        engine = open_database(address, base_folder=tmp_path)
        yield engine
        engine.dispose()


def migrate_to(engine: Engine, step: str) -> MetaData:
    """Migrates to `step`, with a row in every table that is empty; returns the tables."""
    with schema_transaction(engine) as connection:
        run_steps(connection, step)
        metadata = MetaData()
        metadata.reflect(connection)
        for table in metadata.sorted_tables:
            if table.name != "alembic_version" and not connection.scalar(
                select(1).select_from(table)
            ):
                connection.execute(table.insert().values(_sample_row(table)))
    return metadata


def _sample_row(table: Table) -> dict[str, Any]:
    """All numbers are 1, so that foreign keys match."""
    return {
        column.name: True
        if isinstance(column.type, Boolean)
        else 1
        if isinstance(column.type, Integer)
        else f"{table.name} {column.name}"
        for column in table.columns
    }


def database_content(
    engine: Engine, metadata: MetaData | None = None
) -> dict[str, list[dict[str, Any]]]:
    """Returns all rows by table; the tables of `metadata`, or as the database has them now."""
    with engine.connect() as connection:
        if metadata is None:
            metadata = MetaData()
            metadata.reflect(connection)
        return {
            name: [dict(row._mapping) for row in connection.execute(select(table))]
            for name, table in metadata.tables.items()
            if name != "alembic_version"
        }


def test_no_step_of_an_upgrade_loses_anything(empty_engine: Engine) -> None:
    before = database_content(empty_engine, migrate_to(empty_engine, STEPS[0]))
    for step in STEPS[1:]:
        assert all(before.values())
        after = database_content(empty_engine, migrate_to(empty_engine, step))
        for name, rows in before.items():  # several rows where a step derives them from others
            if step == HEAD and name == COUNTED_AGAIN:
                continue
            assert len(after[name]) >= len(rows), (step, name)
            expected = _columns_after(step, name, rows[0]).items()
            assert any(row.items() >= expected for row in after[name]), (step, name)
        before = after
    assert schema_revision(empty_engine) == HEAD


def _columns_after(step: str, table: str, row: dict[str, Any]) -> dict[str, Any]:
    """What `row` of the schema before `step` says in the columns of the schema after it."""
    if table == "enrolments" and step == "0009":
        subject = {"subject_kind": "cart", "subject_id": row["cart_id"]}
        return {name: row[name] for name in row if name not in ("cart_id", "answer_id")} | subject
    if table == "tasks" and step == "0013":
        return row | {"step": f"task {row['words']}"}
    return row


@pytest.mark.parametrize("kind", ["cart", "answer", None])
def test_an_enrolment_keeps_what_it_is_about(empty_engine: Engine, kind: str | None) -> None:
    migrate_to(empty_engine, "0008")
    with empty_engine.begin() as connection:
        if kind != "cart":
            connection.execute(text("UPDATE enrolments SET cart_id = NULL"))
        if kind != "answer":
            connection.execute(text("UPDATE enrolments SET answer_id = NULL"))
    prepare_database(empty_engine)
    [enrolment] = database_content(empty_engine)["enrolments"]
    subject = enrolment["subject_kind"], enrolment["subject_id"]
    assert subject == ((kind, 1) if kind else (None, None))
    assert "cart_id" not in enrolment


def test_a_task_is_known_by_its_words_and_the_second_alike_by_its_number(
    empty_engine: Engine,
) -> None:
    migrate_to(empty_engine, "0012")
    with empty_engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO tasks (id, rule, customer_id, enrolment_id, step, words, created_at)"
                " SELECT 2, rule, customer_id, enrolment_id, '3.then.1', words, 1 FROM tasks"
            )
        )
    prepare_database(empty_engine)
    tasks = database_content(empty_engine)["tasks"]
    assert [task["step"] for task in sorted(tasks, key=lambda task: task["id"])] == [
        "task tasks words", "task tasks words #2"
    ]  # fmt: skip


def test_orders_stored_before_have_no_coupons_yet(empty_engine: Engine) -> None:
    migrate_to(empty_engine, "0009")
    assert "order_coupons" not in database_content(empty_engine)
    prepare_database(empty_engine)
    after = database_content(empty_engine)
    assert (len(after["orders"]), after["order_coupons"]) == (1, [])


def test_an_older_cart_was_created_when_it_was_left(empty_engine: Engine) -> None:
    migrate_to(empty_engine, "0013")
    with empty_engine.begin() as connection:
        connection.execute(text("UPDATE carts SET left_at = 1772532000000000"))
    prepare_database(empty_engine)
    after = database_content(empty_engine)
    [cart], [order] = after["carts"], after["orders"]
    assert cart["created_at"] == cart["left_at"] == 1772532000000000
    assert not order["awaits_payment"]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("Clara@x.example", ("Clara@x.example", "clara@x.example", "yes")),
        (None, ("Carla@y.example", "carla@y.example", "none")),
    ],
)
def test_a_yes_stored_before_is_for_the_address_of_its_record(
    empty_engine: Engine, address: str | None, expected: tuple[str, str, str]
) -> None:
    migrate_to(empty_engine, "0014")
    with empty_engine.begin() as connection:
        same_record = "SET source = 'till', external_id = 'clara'"
        connection.execute(text(f"UPDATE basis_statements {same_record}"))
        connection.execute(
            text(f"UPDATE identities {same_record}, email = :address, email_key = :key"),
            {"address": address, "key": address.lower() if address else None},
        )
        connection.execute(text("UPDATE basis SET state = 'yes', channel = 'e-mail'"))
        connection.execute(
            text("UPDATE customers SET email = 'Carla@y.example', email_key = 'carla@y.example'")
        )
    prepare_database(empty_engine)
    content = database_content(empty_engine)
    [customer], [basis], [opt_in] = (
        content[name] for name in ("customers", "basis", "basis_statements")
    )
    assert (customer["email"], customer["email_key"], basis["state"]) == expected
    assert opt_in["address_key"] == (address.lower() if address else None)


@pytest.mark.parametrize(
    ("state", "days_ago", "counts"),
    [("sent", 29, True), ("bounced", 31, False), ("queued", None, False), ("sending", None, True)],
)
def test_reports_by_mail_count_for_the_mails_of_the_last_30_days_before(
    empty_engine: Engine, state: str, days_ago: int | None, counts: bool
) -> None:
    migrate_to(empty_engine, "0020")
    now, day = 1_772_532_000_000_000, 86_400_000_000
    sent_at = None if days_ago is None else now - days_ago * day
    with empty_engine.begin() as connection:
        connection.execute(text("UPDATE ticks SET at = :now"), {"now": now})
        values = {"state": state, "sent_at": sent_at}
        connection.execute(
            text("UPDATE messages SET state = :state, settled_at = :sent_at"), values
        )
    prepare_database(empty_engine)
    [message] = database_content(empty_engine)["messages"]
    assert bool(message["accepts_mailed_reports"]) is counts


def test_an_earlier_sign_up_gets_its_mailbox(empty_engine: Engine) -> None:
    migrate_to(empty_engine, "0024")
    with empty_engine.begin() as connection:
        connection.execute(text("UPDATE sign_ups SET address_key = 'c.g+x@googlemail.com'"))
    prepare_database(empty_engine)
    [sign_up] = database_content(empty_engine)["sign_ups"]
    assert (sign_up["mailbox"], sign_up["place"]) == ("cg@gmail.com", None)


@pytest.mark.parametrize(("days_ahead", "counts"), [(3, False), (0, True)])
def test_an_order_that_is_dated_ahead_no_longer_counts(
    empty_engine: Engine, days_ahead: int, counts: bool
) -> None:
    migrate_to(empty_engine, "0026")
    now = 1_772_532_000_000_000
    placed_at = now + days_ahead * 86_400_000_000
    with empty_engine.begin() as connection:
        connection.execute(text("UPDATE ticks SET at = :now"), {"now": now})
        connection.execute(
            text("UPDATE orders SET counts = true, placed_at = :placed_at"),
            {"placed_at": placed_at},
        )
        connection.execute(text("DELETE FROM dirty"))
    prepare_database(empty_engine)
    after = database_content(empty_engine)
    [order] = after["orders"]
    assert bool(order["counts"]) is counts
    assert order["counts_from"] == (None if counts else placed_at)
    assert len(after["dirty"]) == (0 if counts else 1)


def test_the_first_day_of_a_calendar_is_no_birthday(empty_engine: Engine) -> None:
    migrate_to(empty_engine, "0026")
    with empty_engine.begin() as connection:
        for table in ("customers", "identities"):
            connection.execute(text(f"UPDATE {table} SET birthday = '1970-01-01'"))  # noqa: S608 - constants
    prepare_database(empty_engine)
    after = database_content(empty_engine)
    assert [after[name][0]["birthday"] for name in ("customers", "identities")] == [None, ""]


def test_numbers_lose_the_apostrophe_of_a_spreadsheet(empty_engine: Engine) -> None:
    migrate_to(empty_engine, "0015")
    with empty_engine.begin() as connection:
        for change in (
            "identities SET external_id = '''712'",
            "basis_statements SET external_id = '''712'",
            "orders SET external_id = '''1001', customer_key = '''712'",
            "order_lines SET order_key = '''1001'",
            "answers SET customer_key = '''t Hooft'",
            "points_entries SET order_source = 'till', order_key = '''1001'",
            "points_entries SET external_id = 'order/till/''1001'",
        ):
            connection.execute(text(f"UPDATE {change}"))
    prepare_database(empty_engine)
    after = {name: rows[0] for name, rows in database_content(empty_engine).items() if rows}
    assert after["identities"]["external_id"] == after["basis_statements"]["external_id"] == "712"
    assert (after["orders"]["external_id"], after["orders"]["customer_key"]) == ("1001", "712")
    assert after["order_lines"]["order_key"] == after["points_entries"]["order_key"] == "1001"
    assert after["points_entries"]["external_id"] == "order/till/1001"
    assert after["answers"]["customer_key"] == "'t Hooft"


def test_an_order_that_is_there_without_the_apostrophe_too_keeps_its_refunds(
    empty_engine: Engine,
) -> None:
    migrate_to(empty_engine, "0015")
    with empty_engine.begin() as connection:
        for row_id, order_key in enumerate(("'1001", "1001"), start=100):
            parameters = {"id": row_id, "key": order_key, "entry": f"earned/till/{order_key}"}
            connection.execute(
                text(
                    "INSERT INTO orders (id, source, external_id, customer_source, placed_at,"
                    " total, currency, channel, counts, awaits_payment, version)"
                    " VALUES (:id, 'till', :key, 'till', 1, 500, 'EUR', 'till', true, false, 1)"
                ),
                parameters,
            )
            connection.execute(
                text(
                    "INSERT INTO refunds (id, source, external_id, order_key, refunded_at, total,"
                    " version) VALUES (:id, 'till', :entry, :key, 1, 100, 1)"
                ),
                parameters,
            )
    prepare_database(empty_engine)
    refunds = [row for row in database_content(empty_engine)["refunds"] if row["source"] == "till"]
    assert {row["order_key"] for row in refunds} >= {"'1001", "1001"}


@pytest.mark.parametrize("says", ["yes", "no"])
def test_two_spellings_stored_before_become_one_address(empty_engine: Engine, says: str) -> None:
    """The first was stored with its letters, the second in Punycode; one of them may say no."""
    unicode_key, ascii_key = "clara@münchen.example", "clara@xn--mnchen-3ya.example"
    migrate_to(empty_engine, "0016")
    with empty_engine.begin() as connection:
        for statement in (
            "UPDATE customers SET email = :key, email_key = :key",
            "UPDATE identities SET source = 'list', external_id = :key, email_key = :key",
            "UPDATE contacts SET channel = 'e-mail', key = :key",
            "UPDATE basis_statements SET source = 'list', external_id = :key, address_key = :key",
            "UPDATE orders SET customer_source = 'list', customer_key = :key",
            "UPDATE sign_ups SET address_key = :key",
            "UPDATE suppressions SET address = :key, reason = 'complaint', lifted_at = NULL",
        ):
            connection.execute(text(statement), {"key": unicode_key})
        for statement in (
            "INSERT INTO customers (id, founder, email, email_key) VALUES (2, 2, :key, :key)",
            "INSERT INTO basis (customer_id, channel, state) VALUES (2, 'e-mail', :says)",
            "INSERT INTO suppressions VALUES (:key, 'by hand', NULL, 1, 2, NULL)",
        ):
            parameters = {"key": ascii_key, "says": says}
            connection.execute(text(statement), parameters)
    prepare_database(empty_engine)
    after = database_content(empty_engine)
    addresses = {row["id"]: row["email_key"] for row in after["customers"]}
    assert addresses == {1: ascii_key if says == "yes" else None, 2: None}
    assert [after["identities"][0][name] for name in ("external_id", "email_key")] == [
        ascii_key
    ] * 2
    assert after["orders"][0]["customer_key"] == ascii_key
    assert after["basis_statements"][0]["external_id"] == ascii_key
    assert after["contacts"][0]["key"] == after["sign_ups"][0]["address_key"] == ascii_key
    [suppression] = after["suppressions"]
    assert (suppression["address"], suppression["reason"]) == (ascii_key, "complaint")


def test_a_rebuilt_table_keeps_its_indexes_and_what_refers_to_it(tmp_path: Path) -> None:
    """On SQLite the table of enrolments is rebuilt, as in a database that is created today."""
    migrated, created = (open_database(f"sqlite:///{name}.db", base_folder=tmp_path)
                         for name in ("migrated", "created"))  # fmt: skip
    migrate_to(migrated, "0008")
    prepare_database(migrated)
    SQLModel.metadata.create_all(created)
    assert _definitions(migrated) == _definitions(created)
    with migrated.connect() as connection:
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        with pytest.raises(IntegrityError):
            connection.execute(text("DELETE FROM enrolments"))


def _definitions(engine: Engine) -> set[str]:
    query = text("SELECT sql FROM sqlite_master WHERE tbl_name = 'enrolments' AND type = 'index'")
    with engine.connect() as connection:
        return {" ".join(sql.split()) for sql in connection.scalars(query) if sql}


def test_a_step_that_breaks_a_reference_is_rolled_back(tmp_path: Path) -> None:
    engine = database_at(tmp_path, STEPS[-2])
    with (
        pytest.raises(IntegrityError, match="lost its parent"),
        schema_transaction(engine) as connection,
    ):
        connection.execute(text("DELETE FROM customers"))
    assert len(database_content(engine)["customers"]) == 1


def test_a_step_that_fails_leaves_the_database_as_it_was(
    empty_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate_to(empty_engine, STEPS[0])
    before = database_content(empty_engine)

    def fails(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("alembic.op.create_index", fails)
    with pytest.raises(ZeroDivisionError):
        prepare_database(empty_engine)
    assert schema_revision(empty_engine) == STEPS[0]
    assert database_content(empty_engine) == before


def test_a_newer_database_is_refused_and_left_alone(empty_engine: Engine) -> None:
    prepare_database(empty_engine)
    with empty_engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(OwnerFileError, match=r"made by a newer Regulars .*restore a backup"):
        prepare_database(empty_engine)
    assert schema_revision(empty_engine) == "9999"
    assert not list(Path(str(empty_engine.url.database)).parent.glob("*-at-*"))


def test_todays_database_is_not_refused() -> None:
    refuse_newer_schema(HEAD)
    refuse_newer_schema(None)


# --- SQLite keeps a copy of what was


def database_at(folder: Path, step: str) -> Engine:
    engine = open_database("sqlite:///regulars.db", base_folder=folder)
    migrate_to(engine, step)
    return engine


@pytest.mark.parametrize("step", [STEPS[0], STEPS[len(STEPS) // 2], STEPS[-2]])
def test_the_way_back_is_the_copy_made_before(tmp_path: Path, step: str) -> None:
    engine = database_at(tmp_path, step)
    before = database_content(engine)
    prepare_database(engine)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM tasks"))
    engine.dispose()
    backup = tmp_path / f"regulars-at-{step}.db"
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.glob("*at*")] == [backup.name]

    # As docs/safety.md says: in the place of the newer one.
    shutil.copy(backup, tmp_path / "regulars.db")
    restored = open_database("sqlite:///regulars.db", base_folder=tmp_path)
    assert schema_revision(restored) == step
    assert database_content(restored) == before
    prepare_database(restored)
    assert schema_revision(restored) == HEAD


def test_the_copy_includes_the_write_ahead_log(tmp_path: Path) -> None:
    """Copying the file alone would miss what is in the write-ahead log."""
    engine = database_at(tmp_path, STEPS[0])
    with engine.begin() as connection:
        connection.execute(text("UPDATE tasks SET words = 'the very last word'"))
    assert (tmp_path / "regulars.db-wal").stat().st_size > 0
    prepare_database(engine)
    with closing(sqlite3.connect(tmp_path / f"regulars-at-{STEPS[0]}.db")) as backup:
        assert backup.execute("SELECT words FROM tasks").fetchone() == ("the very last word",)


def test_no_copy_is_made_of_what_is_new_or_up_to_date(tmp_path: Path) -> None:
    engine = open_database("sqlite:///regulars.db", base_folder=tmp_path)
    prepare_database(engine)
    prepare_database(engine)
    assert not list(tmp_path.glob("*-at-*"))


def test_a_copy_that_cannot_be_made_keeps_the_old_shape(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = database_at(tmp_path, STEPS[0])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("shop.db.snapshot.os.open", full)
        with pytest.raises(UnavailableError, match="No space left"):
            prepare_database(engine)
    assert schema_revision(engine) == STEPS[0]


def test_a_copy_of_what_another_process_upgraded_is_not_kept(tmp_path: Path) -> None:
    engine = database_at(tmp_path, STEPS[0])
    prepare_database(engine)
    backup = tmp_path / f"regulars-at-{STEPS[0]}.db"
    before = backup.read_bytes()
    snapshot.backup_before_upgrade(engine, STEPS[0])
    assert backup.read_bytes() == before
    assert not list(tmp_path.glob(".*"))


def test_customers_stored_before_are_found_by_their_words(empty_engine: Engine) -> None:
    migrate_to(empty_engine, "0032")
    with empty_engine.begin() as connection:
        names = "SET first_name = 'Łucja', last_name = 'Nowak', email_key = 'lu.n@x.example'"
        connection.execute(text(f"UPDATE customers {names}"))
        connection.execute(text(f"UPDATE identities {names}, phone_key = '+351912345678'"))
    prepare_database(empty_engine)
    words = {row["word"] for row in database_content(empty_engine)["customer_search"]}
    assert words == {
        "=lucja nowak", "lucja", "nowak", "lu", "n", "lu.n@x.example", "x.example",
        "+351912345678",
    }  # fmt: skip


def test_an_import_keeps_the_addresses_that_it_suppressed(empty_engine: Engine) -> None:
    migrate_to(empty_engine, "0022")
    with empty_engine.begin() as connection:
        connection.execute(text("DELETE FROM suppressions"))
        connection.execute(text("DELETE FROM suppression_imports"))
        connection.execute(text("INSERT INTO suppression_imports VALUES (7, 'list.csv', 1, NULL)"))
        connection.execute(
            text(
                "INSERT INTO suppressions (address, reason, since, import_id) VALUES "
                "('ana@example.com', 'by hand', 1, 7), ('bruno@example.com', 'by hand', 1, NULL)"
            )
        )
    prepare_database(empty_engine)
    with empty_engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM imported_suppressions")).all()
    assert [tuple(row) for row in rows] == [(7, "ana@example.com", "by hand")]
