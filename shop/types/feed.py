"""The kinds of data that events and conditions rest on, and that sources bring."""

from __future__ import annotations

from enum import StrEnum


class Feed(StrEnum):
    """A kind of data, in the owner's words."""

    ORDERS = "orders"
    CARTS = "carts"
    ANSWERS = "survey answers"
    BIRTHDAYS = "birthdays"
    POINTS = "points"
    ENDING_POINTS = "points that end"
    OPT_INS = "yeses with a date"
    TAGS = "tags"
