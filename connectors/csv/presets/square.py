"""Square's exports: the customer directory, the transactions, and the items of transactions.

https://squareup.com/help/ie/article/6632 gives the values of Email Subscription Status,
https://squareup.com/help/ca/en/article/6149-manage-unsubscribed-customers the older column Email
Unsubscribed, and https://trestlefinance.com/guides/square-transactions-csv-quickbooks the columns
of transactions. An export of items as downloaded: data/raw in
https://github.com/zoetankersley/sunrise_social_club.
"""

from __future__ import annotations

from connectors.csv.presets.preset import Preset, headings

CUSTOMERS = headings("""
    Reference ID, First Name, Last Name, Email Address, Phone Number, Nickname, Company Name,
    Street Address 1, Street Address 2, City, State, Postal Code, Birthday, Memo,
    Square Customer ID, Creation Source, First Visit, Last Visit, Transaction Count, Lifetime Spend,
    Email Subscription Status, Instant Profile, Blocked from online booking
""")
TRANSACTIONS = headings("""
    Date, Time, Time Zone, Gross Sales, Discounts, Service Charges, Net Sales, Gift Card Sales, Tax,
    Tip, Partial Refunds, Total Collected, Source, Card, Card Entry Methods, Cash, Square Gift Card,
    Other Tender, Other Tender Type, Other Tender Note, Fees, Net Total, Transaction ID, Payment ID,
    Card Brand, PAN Suffix, Device Name, Staff Name, Staff ID, Details, Description, Event Type,
    Location, Dining Option, Customer ID, Customer Name, Customer Reference ID, Device Nickname,
    Deposit ID, Deposit Date, Deposit Details, Fee Percentage Rate, Fee Fixed Rate, Refund Reason,
    Discount Name, Transaction Status, Order Reference ID, Fulfillment Note, Tender Note,
    Third Party Fees, Cash App, Free Processing Applied, Channel, Unattributed Tips, Table Info,
    International Fee
""")
ITEMS = headings("""
    Date, Time, Time Zone, Category, Item, Qty, Price Point Name, SKU, Modifiers Applied,
    Gross Sales, Discounts, Net Sales, Tax, Transaction ID, Payment ID, Device Name, Notes, Details,
    Event Type, Location, Dining Option, Customer ID, Customer Name, Customer Reference ID, Unit,
    Count, GTIN, Itemization Type, Commission, Employee, Fulfillment Note, Channel, Token,
    Card Brand, PAN Suffix
""")
PAYMENT = headings("""
    Card, Card Entry Methods, Cash, Square Gift Card, Other Tender, Other Tender Type,
    Other Tender Note, Tender Note, Cash App, Card Brand, PAN Suffix, Payment ID
""")
AMOUNTS = headings("""
    Gross Sales, Discounts, Service Charges, Net Sales, Gift Card Sales, Tax, Tip, Partial Refunds,
    Fees, Net Total, Fee Percentage Rate, Fee Fixed Rate, Third Party Fees, International Fee,
    Unattributed Tips
""")
STAFF = headings("Device Name, Device Nickname, Staff Name, Staff ID, Employee, Commission")

PRESETS = (
    Preset(
        name="square-customers",
        title="Square: customer directory",
        holds="customers",
        headings=CUSTOMERS,
        marks=headings("""
            Reference ID, Square Customer ID, Creation Source, First Visit, Last Visit, Nickname,
            Transaction Count, Lifetime Spend, Email Subscription Status, Email Unsubscribed,
            Instant Profile, Memo
        """),
        columns={
            "e-mail": ("Email Address",),
            "customer": ("Square Customer ID",),
            "first name": ("First Name",),
            "last name": ("Last Name",),
            "phone": ("Phone Number",),
            "birthday": ("Birthday",),
            "joined": ("First Visit",),
            "consent": ("Email Subscription Status",),
            "since": (),
        },
        said_no=("Email Unsubscribed",),
        own=("Memo", "Nickname", "Reference ID"),
        left_out={
            "postal addresses": headings(
                "Company Name, Street Address 1, Street Address 2, City, State, Postal Code"
            ),
            "sums that the transactions give": headings(
                "Last Visit, Transaction Count, Lifetime Spend"
            ),
        },
        page="https://squareup.com/help/ie/article/6632",
    ),
    Preset(
        name="square-transactions",
        title="Square: transactions",
        holds="orders",
        headings=TRANSACTIONS,
        marks=headings("""
            Gross Sales, Net Sales, Gift Card Sales, Partial Refunds, Total Collected, Net Total,
            Transaction ID, Payment ID, Card Entry Methods, PAN Suffix, Device Name, Event Type,
            Other Tender, Square Gift Card, Customer Reference ID
        """),
        needed=6,
        foreign=headings("Price Point Name, Modifiers Applied, Itemization Type"),
        columns={
            "customer": ("Customer ID",),
            "when": ("Date",),
            "time": ("Time",),
            "total": ("Total Collected",),
            "order": ("Transaction ID",),
            "kind": ("Event Type",),
            "status": ("Transaction Status",),
            "channel": ("Source",),
            # Description names all articles of a payment in one cell.
            "product": (),
            "quantity": (),
            "refunded": (),
        },
        left_out={
            "how it was paid": PAYMENT,
            "other amounts of the same payment": AMOUNTS,
            "staff and devices": STAFF,
            "deposits": headings("Deposit ID, Deposit Date, Deposit Details"),
            "several articles in one cell": ("Description",),
        },
        page="https://trestlefinance.com/guides/square-transactions-csv-quickbooks",
    ),
    Preset(
        name="square-items",
        title="Square: items of transactions",
        holds="orders",
        headings=ITEMS,
        marks=headings("""
            Price Point Name, Modifiers Applied, Itemization Type, Item, Qty, Gross Sales,
            Net Sales, Transaction ID, Payment ID, Event Type, Customer Reference ID, GTIN, Token
        """),
        needed=6,
        distinct=(headings("Price Point Name, Modifiers Applied, Itemization Type"),),
        columns={
            "customer": ("Customer ID",),
            "when": ("Date",),
            "time": ("Time",),
            "total": ("Net Sales",),
            "order": ("Transaction ID",),
            "product": ("Item",),
            "category": ("Category",),
            "quantity": ("Qty",),
            "kind": ("Event Type",),
            "channel": (),
            "refunded": (),
        },
        total_is_of="the line",
        details_of="square-transactions",
        notes=("Without tax and tips: the transactions have what was paid.",),
        left_out={
            "how it was paid": PAYMENT,
            "other amounts of the same line": AMOUNTS,
            "staff and devices": STAFF,
        },
        page="https://github.com/zoetankersley/sunrise_social_club",
    ),
)
