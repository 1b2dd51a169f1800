"""What `sync` says of the noes that were said to us."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from connectors.sync import Report
from engine.sync.consent_writeback import Noes, Untold
from engine.sync.sync import Synced
from regulars.commands.sync_run import show_synced

MARCH = datetime(2026, 3, 3, 10, tzinfo=UTC)
SHOP = Synced("online-shop", Report("online-shop", {"customers": 3}), None)
TILL = Synced("till", Report("till", {"customers": 0}), None)
ANA = Untold("till", "SQ-17", MARCH, None)


def test_one_line_a_source_says_who_was_told_and_who_is_left_to_the_owner(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shop = Synced("online-shop", SHOP.report, None, Noes(2, 1, "Give the app write_customers."))
    show_synced([shop, TILL], None, [ANA])
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "online-shop: 3 customers",
        "  said no to mail: 2 told now, 1 not told yet",
        "till: nothing new",
        "  said no to mail: 1 for you to unsubscribe there",
    ]
    assert said.err.strip() == "Give the app write_customers."


def test_where_nobody_said_no_nothing_is_said_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    show_synced([SHOP])
    assert capsys.readouterr().out == "online-shop: 3 customers\n"


def test_a_script_is_given_each_customer_to_unsubscribe(capsys: pytest.CaptureFixture[str]) -> None:
    shop = Synced("online-shop", SHOP.report, None, Noes(2, 1, "Give the app write_customers."))
    show_synced([shop, TILL], None, [ANA], as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["sources"]["online-shop"]["noes"] == {"told": 2, "waiting": 1}
    assert told["sources"]["online-shop"]["warnings"] == ["Give the app write_customers."]
    assert told["by_hand"] == [
        {"source": "till", "customer": "SQ-17", "said_at": MARCH.isoformat(), "why": None}
    ]
