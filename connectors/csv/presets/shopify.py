"""Shopify's exports of customers and of orders, one row for each line of an order.

Customers: https://github.com/buttondown/roadmap/issues/2700. Orders:
https://docs.xbp.app/docs/development/integrations/shopify/order-format.
"""

from __future__ import annotations

from connectors.csv.presets.preset import Preset, headings

CUSTOMERS = headings("""
    Customer ID, First Name, Last Name, Email, Accepts Email Marketing, Default Address Company,
    Default Address Address1, Default Address Address2, Default Address City,
    Default Address Province Code, Default Address Country Code, Default Address Zip,
    Default Address Phone, Phone, Accepts SMS Marketing, Total Spent, Total Orders, Note,
    Tax Exempt, Tags
""")
BILLING = headings("""
    Billing Name, Billing Street, Billing Address1, Billing Address2, Billing Company, Billing City,
    Billing Zip, Billing Province, Billing Country, Billing Phone, Billing Province Name
""")
SHIPPING = headings("""
    Shipping Name, Shipping Street, Shipping Address1, Shipping Address2, Shipping Company,
    Shipping City, Shipping Zip, Shipping Province, Shipping Country, Shipping Phone,
    Shipping Province Name
""")
TAXES = headings("""
    Taxes, Tax 1 Name, Tax 1 Value, Tax 2 Name, Tax 2 Value, Tax 3 Name, Tax 3 Value, Tax 4 Name,
    Tax 4 Value, Tax 5 Name, Tax 5 Value, Duties
""")
PAYMENT = headings("""
    Paid at, Payment Method, Payment Reference, Payment ID, Payment Terms Name,
    Next Payment Due At, Payment References, Outstanding Balance
""")
LINES = headings("""
    Lineitem price, Lineitem compare at price, Lineitem sku, Lineitem requires shipping,
    Lineitem taxable, Lineitem fulfillment status, Lineitem discount, Vendor
""")
ORDERS = (
    *headings("""
        Name, Email, Financial Status, Paid at, Fulfillment Status, Fulfilled at, Accepts Marketing,
        Currency, Subtotal, Shipping, Taxes, Total, Discount Code, Discount Amount, Shipping Method,
        Created at, Lineitem quantity, Lineitem name
    """),
    *LINES[:-2], *BILLING[:-1], *SHIPPING[:-1],
    *headings("""
        Notes, Note Attributes, Cancelled at, Payment Method, Payment Reference, Refunded Amount,
        Vendor, Outstanding Balance, Employee, Location, Device ID, Id, Tags, Risk Level, Source,
        Lineitem discount
    """),
    *TAXES[1:-1],
    *headings("""
        Phone, Receipt Number, Duties, Billing Province Name, Shipping Province Name, Payment ID,
        Payment Terms Name, Next Payment Due At, Payment References
    """),
)  # fmt: skip

PRESETS = (
    Preset(
        name="shopify-customers",
        title="Shopify: customers",
        holds="customers",
        headings=CUSTOMERS,
        marks=headings("""
            Accepts Email Marketing, Accepts Marketing, Accepts SMS Marketing, Total Spent,
            Total Orders, Tax Exempt, Default Address Address1, Default Address City,
            Default Address Zip, Default Address Country Code, Default Address Province Code,
            Default Address Phone, Province Code, Country Code
        """),
        foreign=headings("Lineitem name, Lineitem quantity, Financial Status"),
        columns={
            "e-mail": ("Email",),
            "customer": ("Customer ID",),
            "first name": ("First Name",),
            "last name": ("Last Name",),
            "phone": ("Phone", "Default Address Phone"),
            "consent": ("Accepts Email Marketing", "Accepts Marketing"),
            "since": (),
        },
        own=("Tags", "Note"),
        left_out={
            "postal addresses": CUSTOMERS[5:12],
            "sums that the orders give": headings("Total Spent, Total Orders"),
        },
        page="https://github.com/buttondown/roadmap/issues/2700",
    ),
    Preset(
        name="shopify-orders",
        title="Shopify: orders",
        holds="orders",
        headings=ORDERS,
        marks=headings("""
            Financial Status, Fulfillment Status, Fulfilled at, Paid at, Lineitem quantity,
            Lineitem name, Lineitem price, Lineitem sku, Lineitem requires shipping, Cancelled at,
            Refunded Amount, Billing Name, Shipping Method, Discount Code, Payment Reference,
            Risk Level
        """),
        needed=5,
        columns={
            "customer": ("Email",),
            "when": ("Created at",),
            "total": ("Total",),
            "order": ("Name",),
            "product": ("Lineitem name",),
            "quantity": ("Lineitem quantity",),
            "status": ("Financial Status",),
            "refunded": ("Refunded Amount",),
            "cancelled": ("Cancelled at",),
            "currency": ("Currency",),
            "category": (),
            "channel": ("Source",),
            "time": (),
        },
        total_is_of="the order",
        left_out={
            "postal addresses": (*BILLING, *SHIPPING),
            "taxes": TAXES,
            "how it was paid": PAYMENT,
            "more about each line": LINES,
        },
        page="https://docs.xbp.app/docs/development/integrations/shopify/order-format",
    ),
)
