"""Files of orders, from the file to the customers' figures, points and mails."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlmodel import col

from engine.sync.describe_source import describe_source
from engine.sync.sync import sync_all
from shop.tables import Answer, Customer, Metrics, Order, PointsBalance
from shop.types.person_name import is_placeholder_name
from tests.cafe import DAY, FILE, MARCH, Cafe

CUSTOMERS = "No,Email,Newsletter\n00123,ana@example.com,yes\n00124,bruno@example.com,yes\n"
LIST = """
  list:
    from: csv
    holds: customers
    file: customers.csv
    columns: {e-mail: Email, customer: No, consent: Newsletter}
"""
TILL = """
  till:
    from: csv
    holds: orders
    file: till.csv
    columns: {customer: Who, when: Date, total: Total, order: Order, status: State}
"""
SURVEY = """
  survey:
    from: csv
    holds: answers
    file: answers.csv
    columns: {customer: Who, when: Date, csat: Stars}
"""
RULES = """
loyalty:
  earn: 1 point per 1
  expire after: 365 days
  rewards: {a coffee: 20 points}
rules:
  we-miss-you:
    when: no visit
    for: 45 days
    then:
      - send: we-miss-you
    stop when: visit
"""
LIST_FIRST, LIST_LAST = LIST + TILL + SURVEY, TILL + SURVEY + LIST
JANUARY = datetime.fromisoformat("2026-01-01T10:00Z")


def open_cafe(engine: Engine, folder: Path, sources: str = LIST_FIRST, extra: str = "") -> Cafe:
    """The café, open since January; its files are empty but for the customers."""
    write(folder, till="", answers="")
    (folder / "customers.csv").write_text(CUSTOMERS)
    cafe = Cafe(engine, folder, f"{FILE}\nsources:{sources}{extra}{RULES}")
    sync(cafe, JANUARY)
    cafe.run(JANUARY)
    return cafe


def write(folder: Path, *, till: str | None = None, answers: str | None = None) -> None:
    if till is not None:
        (folder / "till.csv").write_text(f"Who,Date,Total,Order,State\n{till}")
    if answers is not None:
        (folder / "answers.csv").write_text(f"Who,Date,Stars\n{answers}")


def sync(cafe: Cafe, at: datetime = MARCH) -> dict[str, tuple[str, ...]]:
    """Read all files; returns the warnings by source."""
    results = asyncio.run(sync_all(cafe.shop, now=at))
    assert [result.error for result in results] == [None] * len(results)
    return {result.source: result.report.warnings for result in results if result.report}


def figures(cafe: Cafe) -> dict[str, tuple[int, int]]:
    """Visits and money spent of each customer."""
    with_figures = cafe.select_all(col(Customer.id), col(Customer.email_key), model=None)
    names = {key: (email or "?").partition("@")[0] for key, email in with_figures}
    rows = cafe.select_all(col(Metrics.customer_id), col(Metrics.visits), col(Metrics.spent))
    return {names[customer]: (visits, spent) for customer, visits, spent in rows}


def points(cafe: Cafe) -> list[Any]:
    return sorted(cafe.select_all(col(PointsBalance.balance)))


@pytest.mark.parametrize("sources", [LIST_FIRST, LIST_LAST], ids=["list first", "list last"])
def test_a_number_that_a_spreadsheet_rewrote_is_the_customers(
    engine: Engine, tmp_path: Path, sources: str
) -> None:
    cafe = open_cafe(engine, tmp_path, sources)
    write(
        tmp_path,
        till="123,2026-01-20,5,1,\n00124,2026-01-20,5,2,\n124.0,2026-02-21,5,3,\n",
        answers="124,2026-02-21,5\n",
    )
    assert not any(sync(cafe).values())
    cafe.run(MARCH + 4 * DAY)
    assert figures(cafe) == {"ana": (1, 500), "bruno": (2, 1000)}
    assert cafe.select_all(col(Answer.customer_id)) != [None]
    cafe.run(MARCH + 5 * DAY)  # 45 days after the 20th of January
    assert cafe.mailed_names() == ["ana"]


def test_a_list_that_arrives_later_finds_its_customers(engine: Engine, tmp_path: Path) -> None:
    cafe = open_cafe(engine, tmp_path)
    write(tmp_path, till="7,2026-02-20,5,1,\n7.0,2026-02-21,6,2,\n")
    assert len(sync(cafe)["till"]) == 1
    (tmp_path / "customers.csv").write_text(f"{CUSTOMERS}007,clara@example.com,yes\n")
    sync(cafe, MARCH + timedelta(hours=1))
    cafe.run(MARCH + timedelta(hours=1))
    assert figures(cafe)["clara"] == (2, 1100)


def test_a_number_that_fits_two_people_is_of_neither(engine: Engine, tmp_path: Path) -> None:
    cafe = open_cafe(engine, tmp_path)
    (tmp_path / "customers.csv").write_text(f"{CUSTOMERS}0123,clara@example.com,yes\n")
    write(tmp_path, till="123,2026-02-20,5,1,\n0123,2026-02-21,6,2,\n")
    [warning] = sync(cafe)["till"]
    assert warning.startswith("1 of 2 orders name a customer that no list has, for example 123.")
    cafe.run(MARCH)
    assert figures(cafe) == {"clara": (1, 600)}


def test_records_of_unknown_customers_are_counted(engine: Engine, tmp_path: Path) -> None:
    cafe = open_cafe(engine, tmp_path)
    write(
        tmp_path,
        till="00123,2026-02-20,5,1,\n999,2026-02-20,5,2,\nMaria Silva,2026-02-20,5,3,\n"
        ",2026-02-20,5,4,\nx@example.com,2026-02-20,5,5,\n",
        answers="X-17,2026-02-20,5\n",
    )
    warnings = sync(cafe)
    [till], [survey] = warnings["till"], warnings["survey"]
    assert till.startswith("2 of 4 orders name a customer that no list has, for example 999.")
    assert survey.startswith("1 of 1 answers name a customer that no list has, for example X-17.")
    assert not any(sync(cafe, MARCH + timedelta(hours=1)).values())


def test_check_says_it_before_anything_is_read(sqlite: Engine, tmp_path: Path) -> None:
    cafe = open_cafe(sqlite, tmp_path)
    write(tmp_path, till="123,2026-01-20,5,1,\n00124,2026-01-20,5,2,\n999,2026-02-21,5,3,\n")
    description = describe_source(cafe.shop.config, tmp_path, "till", now=MARCH)
    text = description.text if description else None
    assert text is not None
    assert text.splitlines()[-2:] == [
        (
            "  1 of 3 orders spell a customer's number in another way than list, "
            "for example 123 for 00123"
        ),
        "  1 of 3 orders name a customer that no list has, for example 999",
    ]


def test_unpaid_orders_make_nobody_a_customer(engine: Engine, tmp_path: Path) -> None:
    """Neither a visit, nor points, nor a ground for mailing: the buyers said no yes."""
    terms = "{when buying: may be mailed, told since: 1 January 2024, for: 365 days}"
    cafe = open_cafe(engine, tmp_path, extra=f"consent:\n  till: {terms}\n")
    states = ("paid", "pending", "voided", "expired", "cancelled", "failed", "mystery")
    rows = [f"{state}@example.com,2026-01-16,42,{number},{state}\n"
            for number, state in enumerate(states)]  # fmt: skip
    write(tmp_path, till="".join(rows))
    sync(cafe)
    cafe.run(MARCH)
    assert figures(cafe) == {"paid": (1, 4200)}
    assert points(cafe) == [42]
    assert cafe.mailed_names() == ["paid"]


def test_money_that_was_given_back_takes_its_points_along(engine: Engine, tmp_path: Path) -> None:
    cafe = open_cafe(engine, tmp_path)
    sales = "00123,2026-02-01,30.00,1001,paid\n00124,2026-02-01,30.00,1003,paid\n"
    write(tmp_path, till=sales)
    sync(cafe)
    cafe.run(MARCH)
    assert points(cafe) == [30, 30]
    later = "00123,2026-02-02,-30.00,1002,paid\n124,2026-02-01,-10.00,1003,paid\n"
    write(tmp_path, till=sales + later)
    for hour in (1, 2):
        sync(cafe, MARCH + timedelta(hours=hour))
        cafe.run(MARCH + timedelta(hours=hour))
        assert figures(cafe) == {"ana": (1, 0), "bruno": (1, 2000)}
        assert points(cafe) == [0, 20]


def test_a_total_on_every_row_earns_its_points_once(engine: Engine, tmp_path: Path) -> None:
    cafe = open_cafe(engine, tmp_path)
    write(tmp_path, till="00123,2026-02-01,30.00,1001,\n" * 3)
    sync(cafe)
    cafe.run(MARCH)
    assert (figures(cafe), points(cafe)) == ({"ana": (1, 3000)}, [30])


def test_an_order_stored_as_the_sum_of_its_rows_keeps_it_until_the_owner_decides(
    engine: Engine, tmp_path: Path
) -> None:
    """As versions before `total is of` stored it."""
    cafe = open_cafe(engine, tmp_path)
    write(tmp_path, till="00123,2026-02-01,8,1,\n00123,2026-02-01,8.00,1,\n")
    sync(cafe)
    with engine.begin() as connection:
        connection.execute(text("UPDATE orders SET total = 1600"))
    cafe.run(MARCH)
    before = (figures(cafe), points(cafe))
    assert before == ({"ana": (1, 1600)}, [16])
    write(tmp_path, till="00123,2026-02-01,8,1,\n" * 2 + "00124,2026-02-01,9,2,\n" * 2)
    [warning] = sync(cafe, MARCH + timedelta(hours=1))["till"]
    assert "Write total is of: the order, or the line, under till" in warning
    cafe.run(MARCH + timedelta(hours=1))
    assert (figures(cafe), points(cafe)) == ({"ana": (1, 1600), "bruno": (1, 900)}, [9, 16])
    cafe.reread(
        cafe.path.read_text().replace(
            "file: till.csv", "file: till.csv\n    total is of: the order"
        )
    )
    assert sync(cafe, MARCH + timedelta(hours=2))["till"] == ()
    cafe.run(MARCH + timedelta(hours=2))
    assert (figures(cafe), points(cafe)) == ({"ana": (1, 800), "bruno": (1, 900)}, [8, 9])


def test_receipts_that_begin_anew_are_visits_of_their_customers(
    engine: Engine, tmp_path: Path
) -> None:
    cafe = open_cafe(engine, tmp_path)
    write(tmp_path, till="00123,2026-02-01,5,1,\n00124,2026-02-02,6,1,\n")
    sync(cafe)
    cafe.run(MARCH)
    assert figures(cafe) == {"ana": (1, 500), "bruno": (1, 600)}
    assert len(cafe.select_all(model=Order)) == 2


def test_a_placeholder_is_no_customer(engine: Engine, tmp_path: Path) -> None:
    """The sales count for the shop; the café's own address is no customer's either."""
    cafe = open_cafe(engine, tmp_path)
    buyers = ("noemail@noemail.com", "test@test.com", "Walk-in", "GUEST", "Cash customer",
              "Laufkunde", "Consumidor final", "00123")  # fmt: skip
    rows = [f"{buyer},2026-01-16,5,{number},\n" for number, buyer in enumerate(buyers)]
    write(tmp_path, till="".join(rows), answers="Guest,2026-02-20,5\n")
    assert not any(sync(cafe).values())
    cafe.run(MARCH)
    assert figures(cafe) == {"ana": (1, 500)}
    assert len(cafe.select_all(model=Order)) == len(buyers)
    assert cafe.mailed_names() == ["ana"]


@pytest.mark.parametrize("code", ["POS1", "Client12", "A", "AAA", "0", "Ana", "X-1"])
def test_a_code_is_no_placeholder(code: str) -> None:
    assert not is_placeholder_name(code)
