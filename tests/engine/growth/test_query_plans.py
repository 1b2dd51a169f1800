"""Every statement of a tick, a delivery and a count finds its rows by an index."""

from __future__ import annotations

from sqlalchemy import Engine

from engine.tick.tick_report import count_since
from shop.db.engine import read_transaction
from tests.cafe import DAY, MARCH, Cafe
from tests.engine.growth.filled_shop import RULES, add_customers
from tests.engine.growth.query_plans import find_scans
from tests.engine.growth.statements import captured

PEOPLE = 60


def is_estimate(engine: Engine, fault: str) -> bool:
    """PostgreSQL reads a whole table where it expects to need most of it, and in this shop it does:
    all enrolments belong to the tick that is counted, and all points come from the shop itself.
    """
    statements = (
        "SELECT enrolments.rule || '' AS rule",
        "INSERT INTO dirty (customer_id) SELECT points_lots",
    )
    return engine.dialect.name == "postgresql" and any(text in fault for text in statements)


def is_rare(fault: str) -> bool:
    """The reach is counted over all customers, the less often the more there are
    (`engine.reach.record_reach`).
    """
    return "SELECT anon_1.has_address, anon_1.state, count(*)" in fault


def test_no_statement_reads_a_large_table_from_end_to_end(cafe: Cafe) -> None:
    cafe.reread(RULES)
    cafe.run(MARCH - DAY)
    add_customers(cafe, PEOPLE)
    with captured(cafe.engine) as capture:
        counts = cafe.run(MARCH)
        cafe.run(MARCH + 3 * DAY)
        with read_transaction(cafe.engine) as connection:
            count_since(connection, cafe.shop.config, 1)
    assert counts["cart"].outcomes["rehearsed"] == PEOPLE / 2
    faults = [fault for fault in find_scans(cafe.engine, capture.distinct) if not is_rare(fault)]
    assert [fault for fault in faults if not is_estimate(cafe.engine, fault)] == []


def test_a_scan_and_a_sort_are_found(cafe: Cafe) -> None:
    # The test above would notice.
    add_customers(cafe, PEOPLE)
    scan = "UPDATE customers SET first_name = 'Ana' WHERE first_name = 'Bruno'"
    sort = "SELECT id FROM messages WHERE rule = 'cart' ORDER BY template LIMIT 5"
    lookup = "SELECT id FROM messages WHERE id = 'x'"
    faults = find_scans(cafe.engine, {scan: (), sort: (), lookup: ()})
    assert [fault.rpartition(" in ")[2] for fault in faults] == [scan, sort]
