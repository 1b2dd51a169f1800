"""The rows of an account: payments are orders, refunds are refunds, and the rest is neither."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from connectors.csv.orders.kinds import RowKind, parse_kind
from connectors.sync import SyncReport
from shop.tables import Identity, Order, QuarantinedRecord, Refund
from tests.connectors.corner_cafe import connect_source, hours_later, run_sync, table_rows

HEADER = "Date,Type,Status,Currency,Gross,From,Id,Reference,Balance Impact"
ACCOUNT = """\
sources:
  account:
    from: csv
    holds: orders
    file: account.csv
    columns:
      customer: From
      when: Date
      total: Gross
      order: Id
      status: Status
      currency: Currency
"""
BY_SIGN = f"{ACCOUNT}      kind: Type\n      refund of: Reference\n"
BY_KIND = f"{BY_SIGN}      balance: Balance Impact\n"
# As PayPal writes them: the shop is the sender of whatever takes money out.
ROWS = """\
2026-02-01,Express Checkout Payment,Completed,EUR,50.00,ana@example.com,T1,A1,Credit
2026-02-02,Website Payment,Completed,USD,80.00,bruno@example.com,T2,,Credit
2026-02-02,General Currency Conversion,Completed,USD,-80.00,shop@example.com,T3,T2,Debit
2026-02-02,General Currency Conversion,Completed,EUR,72.10,,T4,T2,Credit
2026-02-03,Payment Hold,Completed,EUR,-48.00,shop@example.com,T5,T1,Debit
2026-02-04,Payment Release,Completed,EUR,48.00,,T6,T1,Credit
2026-02-05,General Withdrawal - Bank Account,Completed,EUR,-100.00,shop@example.com,T7,,Debit
2026-02-06,Bank Deposit to PP Account,Completed,EUR,20.00,,T8,,Credit
2026-02-07,Partner Fee,Completed,EUR,-1.00,shop@example.com,T9,T1,Debit
2026-02-08,General Payment,Completed,EUR,-35.00,shop@example.com,T10,,Debit
2026-02-09,Payment Refund,Completed,EUR,-20.00,shop@example.com,T11,T1,Debit
2026-02-10,Subscription Payment,Denied,EUR,9.00,clara@example.com,T12,,Credit
2026-02-11,Payment Refund,Completed,EUR,5.00,supplier@example.com,T13,T10,Credit
"""
PAYMENTS = [("T1", 5000, True), ("T12", 900, False), ("T2", 8000, True)]


def sync(
    engine: Engine, folder: Path, rows: str = ROWS, yaml: str = BY_KIND, *, hours: int = 0
) -> SyncReport:
    (folder / "account.csv").write_text(f"{HEADER}\n{rows}")
    return run_sync(engine, connect_source(folder, yaml), name="account", now=hours_later(hours))


def orders(engine: Engine) -> list[tuple[object, ...]]:
    return sorted(table_rows(engine, Order, "external_id", "total", "counts"))


def refunds(engine: Engine) -> list[tuple[object, ...]]:
    return table_rows(engine, Refund, "order_key", "total")


@pytest.mark.parametrize("yaml", [BY_KIND, BY_SIGN])
def test_only_payments_of_customers_are_orders(yaml: str, engine: Engine, tmp_path: Path) -> None:
    report = sync(engine, tmp_path, yaml=yaml)
    assert orders(engine) == PAYMENTS
    assert refunds(engine) == [("T1", 2000)]
    assert table_rows(engine, QuarantinedRecord) == []
    people = [address for (address,) in table_rows(engine, Identity, "email")]
    assert sorted(filter(None, people)) == [
        "ana@example.com", "bruno@example.com", "clara@example.com",
    ]  # fmt: skip
    [warning] = [each for each in report.warnings if "no payments" in each]
    assert "9 of 13 rows are no payments of customers and no refunds by the column Type" in warning
    assert '"General Currency Conversion"' in warning


def test_what_was_read_as_orders_before_counts_no_longer(sqlite: Engine, tmp_path: Path) -> None:
    sync(sqlite, tmp_path, yaml=ACCOUNT)
    assert ("T4", 7210, True) in orders(sqlite)
    sync(sqlite, tmp_path, hours=1)
    counting = [order for order in orders(sqlite) if order[2]]
    assert counting == [order for order in PAYMENTS if order[2]]
    sync(sqlite, tmp_path, f"{ROWS}\n", hours=2)
    assert [order for order in orders(sqlite) if order[2]] == counting


def test_a_refund_that_its_payment_states_too_is_one(sqlite: Engine, tmp_path: Path) -> None:
    payment = ROWS.splitlines()[0].replace("Completed", "Refunded")
    refund = ROWS.splitlines()[10].replace("-20.00", "-50.00")
    sync(sqlite, tmp_path, f"{payment}\n{refund}\n")
    assert [amount for _, amount in refunds(sqlite)] == [5000]


def test_a_refund_of_a_later_file_is_not_counted_beside_the_status(
    sqlite: Engine, tmp_path: Path
) -> None:
    payment = ROWS.splitlines()[0].replace("Completed", "Refunded")
    refund = ROWS.splitlines()[10].replace("-20.00", "-50.00")
    sync(sqlite, tmp_path, f"{payment}\n")
    sync(sqlite, tmp_path, f"{refund}\n", hours=1)
    assert [amount for _, amount in refunds(sqlite)] == [5000]
    assert table_rows(sqlite, QuarantinedRecord) == []


def test_a_refund_that_was_not_paid_is_none(sqlite: Engine, tmp_path: Path) -> None:
    sync(sqlite, tmp_path, ROWS.replace("Payment Refund,Completed", "Payment Refund,Pending"))
    assert refunds(sqlite) == []


def test_a_column_that_names_no_sale_at_all_is_named(sqlite: Engine, tmp_path: Path) -> None:
    rows = ROWS.replace("Express Checkout Payment", "Coffee")
    report = sync(sqlite, tmp_path, rows.splitlines()[0] + "\n")
    assert orders(sqlite) == []
    assert any("take the line kind out of columns" in warning for warning in report.warnings)


@pytest.mark.parametrize(
    ("kind", "expected"),
    {
        **dict.fromkeys(
            ("T0000", "T0006", "t0007", "Express Checkout Payment", "Mobile Payment",
             "PreApproved Payment Bill User Payment", "eBay Auction Payment", "Donation Payment",
             "Sale", "Website-Zahlung", "PayPal Express-Zahlung", "Paiement"), RowKind.SALE,
        ),
        **dict.fromkeys(
            ("T1107", "T1106", "T1201", "Payment Refund", "Payment Reversal", "Chargeback",
             "Rückzahlung", "Refund"), RowKind.REFUND,
        ),
        **dict.fromkeys(
            ("T0001", "T0200", "T0400", "T1105", "T1503", "T0106", "Mass Payment",
             "User Initiated Currency Conversion", "General Currency Conversion 3",
             "User Initiated Withdrawal", "Account Hold for Open Authorization",
             "Cancellation of Hold for Dispute Resolution", "General Authorization",
             "Chargeback Fee", "Fee Refund", "Hold on Balance for Dispute Investigation",
             "Allgemeine Währungsumrechnung", "Bankgutschrift auf PayPal-Konto", "Invoice Sent",
             "Something else"), RowKind.OTHER,
        ),
        "": None,
    }.items(),
)  # fmt: skip
def test_what_a_row_is_by_its_kind(kind: str, expected: RowKind | None) -> None:
    assert parse_kind(kind) is expected
