"""The kinds of data that a file of rows brings: its columns tell."""

from __future__ import annotations

from connectors.csv.config import CsvConfig, CsvCustomers
from shop.types.feed import Feed

FEEDS = {
    Feed.ORDERS: "a file that holds: orders",
    Feed.ANSWERS: "a file that holds: answers",
    Feed.BIRTHDAYS: "a list with a column birthday",
    Feed.OPT_INS: "a list that says since when they said yes",
}
FEED_OF_FILE = {"orders": Feed.ORDERS, "answers": Feed.ANSWERS}
FEED_OF_COLUMN = {"birthday": Feed.BIRTHDAYS, "consent": Feed.OPT_INS, "tags": Feed.TAGS}


def choose_feeds(source: CsvConfig) -> set[Feed]:
    """Return what the file of `source` can bring."""
    if not isinstance(source, CsvCustomers):
        return {FEED_OF_FILE[source.holds]}
    named = source.columns.model_dump(exclude_none=True)
    feeds = {feed for column, feed in FEED_OF_COLUMN.items() if column in named}
    return feeds | {Feed.OPT_INS} if source.imported_consent else feeds
