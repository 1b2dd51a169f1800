"""WooCommerce: orders as its usual export plugins write them, and the reports of Analytics.

Import Export Suite: https://woocommerce.com/document/import-and-export-of-woocommerce-orders/.
Orders report: https://github.com/woocommerce/woocommerce/issues/46643. Customers report:
plugins/woocommerce-admin/docs/woocommerce.com/analytics-customers-report.md in WooCommerce's own
repository. The headings of Advanced Order Export are untried.
"""

from __future__ import annotations

from connectors.csv.presets.preset import Preset, headings

BILLING = headings("""
    First Name (Billing), Last Name (Billing), Company (Billing), Address 1&2 (Billing),
    City (Billing), State Code (Billing), Postcode (Billing), Country Code (Billing)
""")
SHIPPING = headings("""
    First Name (Shipping), Last Name (Shipping), Address 1&2 (Shipping), City (Shipping),
    State Code (Shipping), Postcode (Shipping), Country Code (Shipping)
""")
SUMS = headings("""
    Cart Discount Amount, Order Subtotal Amount, Order Shipping Amount, Order Total Tax Amount
""")
SUITE = headings("""
    order_id, order_number, order_date, paid_date, status, shipping_total, shipping_tax_total,
    fee_total, tax_total, cart_discount, order_discount, discount_total, order_total,
    order_subtotal, order_currency, payment_method, payment_method_title, transaction_id,
    customer_ip_address, customer_user_agent, shipping_method, customer_id, customer_user,
    customer_email, billing_first_name, billing_last_name, billing_company, billing_email,
    billing_phone, billing_address_1, billing_city, billing_postcode, billing_country
""")

PRESETS = (
    Preset(
        name="woocommerce-orders",
        title="WooCommerce: orders of Advanced Order Export",
        holds="orders",
        headings=(
            *headings("Order Number, Order Status, Order Date, Customer Note"),
            *BILLING,
            *headings("Email (Billing), Phone (Billing)"),
            *SHIPPING,
            *headings("Payment Method Title"),
            *SUMS[:3],
            *headings("""
                Order Refund Amount, Order Total Amount, Order Total Tax Amount, SKU, Item #,
                Item Name, Quantity (- Refund), Item Cost, Coupon Code, Discount Amount
            """),
        ),
        marks=(
            *headings("""
                Order Number, Order Status, Order Date, Email (Billing), First Name (Billing),
                Last Name (Billing), Order Total Amount, Item Name, Payment Method Title,
                Order Refund Amount
            """),
            *SUMS,
        ),
        distinct=(headings("Email (Billing), First Name (Billing), Order Total Amount"),),
        columns={
            "customer": ("Email (Billing)",),
            "when": ("Order Date", "Paid Date"),
            "total": ("Order Total Amount",),
            "order": ("Order Number", "Order ID"),
            "product": ("Item Name",),
            "quantity": ("Quantity (- Refund)", "Quantity"),
            "status": ("Order Status",),
            "refunded": ("Order Refund Amount",),
            "time": (),
        },
        total_is_of="the order",
        left_out={
            "postal addresses": (*BILLING, *SHIPPING),
            "other amounts of the same order": SUMS,
        },
    ),
    Preset(
        name="woocommerce-suite-orders",
        title="WooCommerce: orders of Import Export Suite",
        holds="orders",
        headings=SUITE,
        marks=headings("""
            order_number, order_date, paid_date, order_total, order_subtotal, order_currency,
            shipping_total, cart_discount, payment_method_title, customer_user, billing_email,
            billing_first_name
        """),
        distinct=(headings("order_total, order_date, order_currency"),),
        columns={
            "customer": ("billing_email", "customer_email"),
            "when": ("order_date",),
            "total": ("order_total",),
            "order": ("order_number", "order_id"),
            "status": ("status",),
            "currency": ("order_currency",),
            "time": (),
            "product": (),
            "quantity": (),
            "refunded": (),
            "channel": (),
        },
        total_is_of="the order",
        left_out={
            "postal addresses": SUITE[-8:],
            "other amounts of the same order": SUITE[5:12],
        },
        page="https://woocommerce.com/document/import-and-export-of-woocommerce-orders/",
    ),
    Preset(
        name="woocommerce-analytics-orders",
        title="WooCommerce: orders report of Analytics",
        holds="orders",
        headings=headings("""
            Date, Order #, Status, Customer, Customer type, Product(s), Items sold, Coupon(s),
            N. Revenue, Attribution
        """),
        marks=headings("""
            Order #, Customer type, Product(s), Items sold, Coupon(s), N. Revenue,
            N. Revenue (formatted), Net sales, Attribution
        """),
        columns={
            # It names customers, and has neither their number nor their address.
            "customer": (),
            "when": ("Date",),
            "total": (),
            "order": ("Order #",),
            "status": ("Status",),
            "time": (), "product": (), "quantity": (), "refunded": (), "channel": (),
        },
        notes=(
            "It has no addresses and no totals: use an export plugin, or connect WooCommerce.",
        ),
        page="https://github.com/woocommerce/woocommerce/issues/46643",
    ),
    Preset(
        name="woocommerce-customers",
        title="WooCommerce: customers report of Analytics",
        holds="customers",
        headings=headings("""
            Name, Username, Last active, Date registered, Email, Orders, Total spend, AOV,
            Country / Region, City, Region, Postal code
        """),
        marks=headings("""
            Username, Last active, Date registered, Sign up, Total spend, AOV, Country / Region
        """),
        columns={
            "e-mail": ("Email",),
            "name": ("Name",),
            "joined": ("Date registered", "Sign up"),
        },
        left_out={
            "sums that the orders give": headings("Orders, Total spend, AOV, Last active"),
            "postal addresses": headings("Country / Region, City, Region, Postal code"),
        },
        page="https://github.com/woocommerce/woocommerce",
    ),
)  # fmt: skip
