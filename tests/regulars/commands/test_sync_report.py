"""The opt-outs in the report of `sync`."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from connectors.sync import SyncReport
from engine.sync.consent_writeback import ManualOptOut, WritebackResult
from engine.sync.sync import SyncResult
from regulars.terminal.sync_report import print_sync_results

MARCH = datetime(2026, 3, 3, 10, tzinfo=UTC)
SHOP = SyncResult("online-shop", SyncReport("online-shop", {"customers": 3}), None)
TILL = SyncResult("till", SyncReport("till", {"customers": 0}), None)
ANA = ManualOptOut("till", "SQ-17", MARCH, None)


def test_each_source_shows_written_back_and_manual_opt_outs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shop = SyncResult(
        "online-shop", SHOP.report, None, WritebackResult(2, 1, "Give the app write_customers.")
    )
    print_sync_results([shop, TILL], None, [ANA])
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [
        "online-shop: 3 customers",
        "  said no to mail: 2 told now, 1 not told yet",
        "till: nothing new",
        "  said no to mail: 1 for you to unsubscribe there",
    ]
    assert captured.err.strip() == "Give the app write_customers."


def test_without_opt_outs_no_line_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    print_sync_results([SHOP])
    assert capsys.readouterr().out == "online-shop: 3 customers\n"


def test_json_lists_each_customer_to_unsubscribe_by_hand(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shop = SyncResult(
        "online-shop", SHOP.report, None, WritebackResult(2, 1, "Give the app write_customers.")
    )
    print_sync_results([shop, TILL], None, [ANA], as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert document["sources"]["online-shop"]["noes"] == {"told": 2, "waiting": 1}
    assert document["sources"]["online-shop"]["warnings"] == ["Give the app write_customers."]
    assert document["by_hand"] == [
        {"source": "till", "customer": "SQ-17", "said_at": MARCH.isoformat(), "why": None}
    ]
