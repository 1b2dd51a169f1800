"""PayPal's download of the activity of an account.

https://developer.paypal.com/api/nvp-soap/paypal-payments-standard/admin/download-history/ names
the columns, https://developer.paypal.com/docs/reports/reference/tcodes/ the codes of what happened,
whose descriptions are those of the column Type.
"""

from __future__ import annotations

from connectors.csv.presets.preset import Preset, headings

PRESETS = (
    Preset(
        name="paypal",
        title="PayPal: activity of the account",
        holds="orders",
        headings=headings("""
            Date, Time, TimeZone, Name, Type, Status, Currency, Gross, Fee, Net, From Email Address,
            To Email Address, Transaction ID, Shipping Address, Address Status, Item Title, Item ID,
            Shipping and Handling Amount, Insurance Amount, Sales Tax, Option 1 Name,
            Option 1 Value, Reference Txn ID, Invoice Number, Custom Number, Quantity, Receipt ID,
            Balance, Contact Phone Number, Subject, Note, Transaction Event Code, Balance Impact
        """),
        marks=headings("""
            TimeZone, Gross, Fee, Net, From Email Address, To Email Address, Address Status,
            Item Title, Reference Txn ID, Receipt ID, Balance, Balance Impact
        """),
        needed=5,
        distinct=(headings("From Email Address, To Email Address, Reference Txn ID"),),
        columns={
            "customer": ("From Email Address",),
            "when": ("Date",),
            "time": ("Time",),
            "total": ("Gross",),
            "order": ("Transaction ID",),
            "product": ("Item Title",),
            "quantity": ("Quantity",),
            "status": ("Status",),
            "currency": ("Currency",),
            "kind": ("Transaction Event Code", "Type"),
            "balance": ("Balance Impact",),
            "refund of": ("Reference Txn ID",),
            "category": (),
            "channel": (),
            "refunded": (),
        },
        left_out={
            "other amounts of the same payment": headings("""
                Fee, Net, Balance, Sales Tax, Insurance Amount, Shipping and Handling Amount
            """),
            "postal addresses": headings("Shipping Address, Address Status"),
        },
        notes=(
            "Read are payments of customers and their refunds, and nothing else of the account.",
        ),
        page=(
            "https://developer.paypal.com/api/nvp-soap/paypal-payments-standard/admin/"
            "download-history/"
        ),
    ),
)
