"""Hides the rows of a scratch database that are from later than a simulated moment.

Each row comes back at the moment it became known, and marks its customer as changed, as an ingest
does. A customer is known from the earliest dated row that names them; one without any date, always.
A yes counts from its date, or all along where it has none. A no counts all along.

The scratch database is SQLite, with foreign keys off: the statements are SQL text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, TextClause, inspect, text

from shop.types.feed import Feed
from shop.types.moment import MICROSECOND, microseconds, moment_of

SAID_YES = """
    SELECT min(yes.said_at) FROM basis_statements AS yes
    WHERE yes.customer_id = basis.customer_id AND yes.channel = basis.channel AND yes.says = 'yes'
      AND yes.said_at > coalesce((
        SELECT max(other.said_at) FROM basis_statements AS other
        WHERE other.customer_id = basis.customer_id AND other.channel = basis.channel
          AND other.says = 'no'), -1)
"""
FIRST_KNOWN = """
    SELECT min(at) FROM (
        SELECT customers.joined_at AS at
        UNION ALL SELECT min(placed_at) FROM orders WHERE customer_id = customers.id
        UNION ALL SELECT min(coalesce(created_at, left_at)) FROM carts
            WHERE customer_id = customers.id
        UNION ALL SELECT min(answered_at) FROM answers WHERE customer_id = customers.id
        UNION ALL SELECT min(at) FROM points_entries WHERE customer_id = customers.id
        UNION ALL SELECT min(made_at) FROM bookings WHERE customer_id = customers.id
        UNION ALL SELECT min(said_at) FROM basis_statements
            WHERE customer_id = customers.id AND said_at > 0)
"""


@dataclass(frozen=True)
class DatedTable:
    """A table whose rows become known over time.

    `known_at` is an SQL expression on its row, in microseconds; `customer` the customer who has
    changed when it does. The ids of its rows are kept, unless ticks add rows of their own.
    """

    name: str
    known_at: str
    customer: str = "customer_id"
    keeps_ids: bool = True

    @property
    def hidden(self) -> str:
        """The table that holds its hidden rows."""
        return f"later_{self.name}"


# Customers first, as their first moment is that of rows which are hidden next.
DATED_TABLES = (
    DatedTable("customers", FIRST_KNOWN, customer="id"),
    DatedTable("basis", f"CASE state WHEN 'yes' THEN ({SAID_YES}) END"),
    DatedTable("orders", "placed_at"),
    DatedTable(
        "refunds",
        "refunded_at",
        customer="(SELECT orders.customer_id FROM orders WHERE orders.source = row.source"
        " AND orders.external_id = row.order_key)",
    ),
    DatedTable("carts", "left_at"),
    DatedTable("answers", "answered_at"),
    DatedTable("points_entries", "at", keeps_ids=False),
)
FEED_TABLES = {
    feed: table
    for feed, name in {
        Feed.ORDERS: "orders",
        Feed.CARTS: "carts",
        Feed.ANSWERS: "answers",
        Feed.POINTS: "points_entries",
        Feed.OPT_INS: "basis",
    }.items()
    for table in DATED_TABLES
    if table.name == name
}
# Computed by ticks, or about ticks and mails that have not been at the beginning.
EMPTIED_TABLES = (
    "metrics", "visit_days", "shop_days", "shop_day_changes", "reach_days", "points_lots",
    "points_balances", "messages", "tasks", "enrolments", "ticks", "rule_states", "dirty", "stops",
    "sign_ups", "write_backs", "mail_events", "approval_decisions", "approval_links",
    "approval_link_messages",
    "rule_counts",  # last: triggers count what is deleted before
)  # fmt: skip
# Carts that were bought later are open until then.
LATER_PURCHASES = """
    CREATE TABLE later_purchases AS
    SELECT id, customer_id, converted_at AS known_at FROM carts WHERE converted_at > :start
"""
REOPEN_CARTS = "UPDATE carts SET converted_at = NULL WHERE converted_at > :until"
BUY_CARTS = """
    UPDATE carts SET converted_at = later.known_at FROM later_purchases AS later
    WHERE later.id = carts.id AND later.known_at > :after AND later.known_at <= :until
"""
MARK_ALL = "INSERT INTO dirty (customer_id) SELECT id FROM customers"


@dataclass
class HiddenTable:
    """A table of hidden rows: what shows those of a span of time, and marks their customers.

    `next_known` is when the next of them becomes known.
    """

    name: str
    show: tuple[TextClause, ...]
    mark: TextClause
    next_known: int | None = None


class LaterRows:
    """The hidden rows of the database of `connection`."""

    def __init__(self, connection: Connection, start: datetime) -> None:
        """Empties what ticks have computed and hides all rows from after `start`."""
        for name in EMPTIED_TABLES:
            connection.execute(text(f"DELETE FROM {name}"))  # noqa: S608  # a table of ours
        self._hidden = [
            HiddenTable(table.hidden, _show(connection, table), _mark(table.hidden, table.customer))
            for table in DATED_TABLES
        ]
        purchases = "later_purchases"
        self._hidden.append(
            HiddenTable(purchases, (text(BUY_CARTS),), _mark(purchases, "customer_id"))
        )
        self._until = start
        # Values in the text: SQLite takes no parameters where it creates a table.
        connection.execute(text(LATER_PURCHASES.replace(":start", str(microseconds(start)))))
        for table in DATED_TABLES:
            _hide(connection, table, microseconds(start))
        connection.execute(text(REOPEN_CARTS), {"until": microseconds(start)})
        connection.execute(text(MARK_ALL))
        self._find_next(connection, self._hidden)

    def reveal(self, connection: Connection, until: datetime) -> None:
        """Shows the rows that have become known by `until`; their customers are changed."""
        span = {"after": microseconds(self._until), "until": microseconds(until)}
        due = [
            table
            for table in self._hidden
            if table.next_known is not None and table.next_known <= span["until"]
        ]
        for statement in [statement for table in due for statement in table.show]:
            connection.execute(statement, span)
        for table in due:
            connection.execute(table.mark, span)
        self._until = until
        self._find_next(connection, due)

    def _find_next(self, connection: Connection, tables: Sequence[HiddenTable]) -> None:
        for table in tables:
            query = text(f"SELECT min(known_at) FROM {table.name} WHERE known_at > :after")  # noqa: S608
            table.next_known = connection.scalar(query, {"after": microseconds(self._until)})

    def next_due(
        self, connection: Connection, table: DatedTable, length: timedelta, after: datetime
    ) -> datetime | None:
        """Returns when next, after `after`, a hidden or shown row of `table` is `length` old."""
        shift = length // MICROSECOND
        query = f"SELECT min(known_at) FROM {table.hidden} WHERE known_at > :after"  # noqa: S608
        known_at = connection.scalar(text(query), {"after": microseconds(after) - shift})
        return None if known_at is None else moment_of(known_at + shift)


def _columns(connection: Connection, table: str, *, with_id: bool) -> str:
    names = [column["name"] for column in inspect(connection).get_columns(table)]
    # "left" and the like are words of SQL, too.
    return ", ".join(f'"{name}"' for name in names if with_id or name != "id")


def _hide(connection: Connection, table: DatedTable, start: int) -> None:
    """Moves the rows from after `start` aside. All names in these statements are ours."""
    dated = f"SELECT rowid AS place, *, ({table.known_at}) AS known_at FROM {table.name}"  # noqa: S608
    later = f"CREATE TABLE {table.hidden} AS SELECT * FROM ({dated}) WHERE known_at > {start}"  # noqa: S608
    by_time = f"CREATE INDEX {table.hidden}_by_time ON {table.hidden} (known_at)"
    places = f"SELECT place FROM {table.hidden}"  # noqa: S608
    gone = f"DELETE FROM {table.name} WHERE rowid IN ({places})"  # noqa: S608
    for statement in (later, by_time, gone):
        connection.execute(text(statement))


def _show(connection: Connection, table: DatedTable) -> tuple[TextClause, ...]:
    """What a tick has written already, such as the points of an order, is not written again."""
    columns = _columns(connection, table.name, with_id=table.keeps_ids)
    known = f"SELECT {columns} FROM {table.hidden} WHERE known_at > :after AND known_at <= :until"  # noqa: S608
    insert = text(f"INSERT OR IGNORE INTO {table.name} ({columns}) {known}")
    return (insert, text(REOPEN_CARTS)) if table.name == "carts" else (insert,)


def _mark(hidden: str, customer: str) -> TextClause:
    return text(
        f"INSERT INTO dirty (customer_id) SELECT DISTINCT {customer} AS customer "  # noqa: S608
        f"FROM {hidden} AS row WHERE known_at > :after AND known_at <= :until "
        "AND customer IS NOT NULL"
    )
