"""Invented exports under the headings of each preset, with what a right reading of them is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from connectors.csv.presets.preset import Preset, heading_key
from connectors.csv.presets.registry import get_preset

Cells = dict[str, str]
FIRST = ("Ana", "Bruno", "Clara", "Dora", "Emil", "Júlia", "Jörg", "Inês")
LAST = ("Lima", "Reis", "Sol", "Groß", "Araújo", "Weber")
PRODUCTS = ("Latte", "Bread", "Cake", "Beans 250 g", "Mug")


@dataclass(frozen=True)
class Person:
    """Somebody in a list; `state` is what the export says: yes, no or none."""

    number: int
    state: str

    @property
    def first(self) -> str:
        return FIRST[self.number % len(FIRST)]

    @property
    def last(self) -> str:
        return LAST[self.number % len(LAST)]

    @property
    def address(self) -> str:
        return f"person{self.number}@example.com"

    @property
    def day(self) -> str:
        return f"2024-{self.number % 12 + 1:02}-{self.number % 28 + 1:02}"


@dataclass(frozen=True)
class Sale:
    """An order; `lines` are product, quantity and cents, `fate` is paid, cancelled or refunded."""

    number: str
    person: Person
    day: str
    time: str
    lines: tuple[tuple[str, int, int], ...]
    fate: str

    @property
    def total(self) -> int:
        return sum(cents for _, _, cents in self.lines)


@dataclass
class Truth:
    """What a right reading gives: consent by address and number, orders by number."""

    holds: str
    consent: dict[str, str] = field(default_factory=dict)
    orders: dict[str, tuple[str, int, bool]] = field(default_factory=dict)


@dataclass(frozen=True)
class Export:
    """A file: its headings, rows, the heading of each role, and what is right."""

    name: str
    headings: tuple[str, ...]
    rows: tuple[Cells, ...]
    roles: Mapping[str, str]
    truth: Truth


def text_of(cents: int) -> str:
    return f"{cents / 100:.2f}"


def people(count: int, states: Sequence[str]) -> list[Person]:
    return [Person(number, states[number % len(states)]) for number in range(1, count + 1)]


# By preset: which states it can express, and the cells that say each of them.
CONSENT: Mapping[str, Mapping[str, Callable[[Person], Cells]]] = {
    "mailchimp": {
        "yes": lambda person: {
            "CONFIRM_TIME": f"{person.day} 10:00:00",
            "OPTIN_TIME": f"{person.day} 09:00:00" if person.number % 2 else "",
        }
    },
    "mailchimp-unsubscribed": {
        "no": lambda person: {
            "UNSUB_TIME": "2025-05-01 10:00:00", "CONFIRM_TIME": f"{person.day} 10:00:00",
            "UNSUB_REASON": "No longer interested" if person.number % 2 else "",
        }
    },
    "mailchimp-cleaned": {
        "no": lambda person: {
            "CLEAN_TIME": "2025-05-01 10:00:00", "CONFIRM_TIME": f"{person.day} 10:00:00",
            "CLEAN_CAMPAIGN_TITLE": "May",
        }
    },
    "square-customers": {
        "yes": lambda _: {"Email Subscription Status": "subscribed"},
        "no": lambda _: {"Email Subscription Status": "unsubscribed"},
        "none": lambda _: {"Email Subscription Status": "unknown"},
    },
    "shopify-customers": {
        "yes": lambda _: {"Accepts Email Marketing": "yes"},
        "no": lambda _: {"Accepts Email Marketing": "no"},
    },
    "hubspot": {
        "none": lambda _: {"Unsubscribed from all email": "false"},
        "no": lambda _: {"Unsubscribed from all email": "true"},
    },
    "brevo": {
        "none": lambda _: {"EMAIL_BLACKLISTED": "false", "SMS_BLACKLISTED": "true"},
        "no": lambda _: {"EMAIL_BLACKLISTED": "true", "SMS_BLACKLISTED": "false"},
    },
    "wix-contacts": {
        "yes": lambda _: {
            "Email subscriber status": "Subscribed", "SMS subscriber status": "Unsubscribed"
        },
        "no": lambda _: {
            "Email subscriber status": "Unsubscribed", "SMS subscriber status": "Subscribed"
        },
        "none": lambda _: {"Email subscriber status": "Never subscribed"},
    },
    "klaviyo": {
        "yes": lambda person: {
            "Email Marketing Consent": "SUBSCRIBED",
            "Email Marketing Consent Timestamp": f"{person.day} 10:00:00",
        },
        "no": lambda person: {
            "Email Marketing Consent": "UNSUBSCRIBED" if person.number % 2 else "SUBSCRIBED",
            "Email Marketing Consent Timestamp": f"{person.day} 10:00:00",
            "Email Suppressions": "" if person.number % 2 else '["HARD_BOUNCE"]',
        },
        "none": lambda _: {"Email Marketing Consent": "NEVER_SUBSCRIBED"},
    },
}  # fmt: skip
# What else stands in the rows: enough that a careless reading would take it for something.
FILLERS: Mapping[str, Callable[[Person], str]] = {
    "Transaction Count": lambda person: str(person.number % 9),
    "Lifetime Spend": lambda person: f"${person.number}.50",
    "Total Spent": lambda person: f"{person.number}.50",
    "Total spend": lambda person: f"{person.number}.50",
    "AOV": lambda _: "7.10",
    "Orders": lambda person: str(person.number % 5),
    "Total Orders": lambda person: str(person.number % 5),
    "Last Visit": lambda _: "2026-02-01",
    "Last active": lambda _: "2026-02-01 10:00",
    "Creation Source": lambda _: "Directory",
    "Instant Profile": lambda _: "No",
    "Blocked from online booking": lambda _: "No",
    "Accepts SMS Marketing": lambda person: "yes" if person.number % 2 else "no",
    "Tax Exempt": lambda _: "no",
    "Default Address City": lambda _: "Lisboa",
    "MEMBER_RATING": lambda person: str(person.number % 5),
    "LEID": lambda person: str(1_000 + person.number),
    "EUID": lambda person: f"a{person.number}",
    "LAST_CHANGED": lambda _: "2025-01-01 10:00:00",
    "CC": lambda _: "PT",
    "TAGS": lambda _: '"VIP","Blog"',
    "Contact owner": lambda _: "Ana Lima",
    "Lifecycle Stage": lambda _: "Customer",
    "Marketing contact status": lambda _: "Marketing contact",
    "Labels": lambda _: "* myContacts",
    "Group Membership": lambda _: "* myContacts",
    "E-mail 1 - Label": lambda _: "Home",
    "E-mail 1 - Type": lambda _: "* Home",
    "Phone 1 - Label": lambda _: "Mobile",
    "Phone 1 - Type": lambda _: "Mobile",
    "Last Activity": lambda _: "Visited the site",
    "Last Activity Date (UTC+0)": lambda _: "2026-02-01 10:00",
    "Source": lambda _: "Form",
    "MODIFIED_TIME": lambda _: "2025-05-21 10:00:00",
    "Historic Number Of Orders": lambda person: str(person.number % 5),
    "Historic Customer Lifetime Value": lambda person: f"{person.number}.50",
    "Date Added": lambda person: person.day,
    "Last Open": lambda _: "2026-02-01",
    "Username": lambda person: f"user{person.number}",
    "Country / Region": lambda _: "PT",
    "Organization Name": lambda _: "Corner Café",
}
ROLE_CELLS: Mapping[str, Callable[[Person], str]] = {
    "e-mail": lambda person: person.address,
    "customer": lambda person: f"C{person.number:05}",
    "first name": lambda person: person.first,
    "last name": lambda person: person.last,
    "name": lambda person: f"{person.first} {person.last}",
    "phone": lambda person: f"+351912{person.number:06}",
    "birthday": lambda person: f"19{person.number % 40 + 50}-{person.number % 11 + 2:02}-21",
    "joined": lambda person: f"{person.day} 08:00:00",
    "language": lambda _: "pt",
    "timezone": lambda _: "Europe/Lisbon",
}


def customer_export(preset: Preset, count: int) -> Export:
    roles = _roles(preset)
    says = CONSENT.get(preset.name, {})
    listed = people(count, [*says] or ["none"])
    rows = []
    for person in listed:
        cells = {
            heading: fill(person) for heading, fill in FILLERS.items() if heading in preset.headings
        }
        cells |= {
            heading: ROLE_CELLS[role](person)
            for role, heading in roles.items()
            if role in ROLE_CELLS
        }
        rows.append(cells | (says[person.state](person) if says else {}))
    truth = Truth("customers", {person.address: person.state for person in listed})
    if "customer" in roles:
        truth.consent |= {f"C{person.number:05}": person.state for person in listed}
    return Export(preset.name, preset.headings, tuple(rows), roles, truth)


def sales(count: int, fates: Sequence[str], most_lines: int, seed: int) -> list[Sale]:
    random = Random(seed)  # noqa: S311 - the same rows each time
    listed = people(max(1, count // 3), ["none"])
    return [
        Sale(
            number=str(1_000 + index),
            person=random.choice(listed),
            day=f"2026-{index % 2 + 1:02}-{index % 28 + 1:02}",
            time=f"{8 + index % 11:02}:{index % 60:02}",
            lines=tuple(
                (random.choice(PRODUCTS), random.randint(1, 3), random.randint(1, 200_000))
                for _ in range(random.randint(1, most_lines))
            ),
            fate=fates[index % len(fates)],
        )
        for index in range(count)
    ]


def _paypal(sale: Sale) -> list[Cells]:
    return [{
        "Date": sale.day, "Time": f"{sale.time}:00", "TimeZone": "Europe/Lisbon",
        "Name": f"{sale.person.first} {sale.person.last}", "Type": "Website Payment",
        "Status": "Completed" if sale.fate == "paid" else "Denied", "Currency": "EUR",
        "Gross": text_of(sale.total), "Fee": "-0.35", "Net": text_of(sale.total - 35),
        "From Email Address": sale.person.address, "To Email Address": "shop@example.com",
        "Transaction ID": f"T{sale.number}", "Item Title": sale.lines[0][0],
        "Quantity": str(sale.lines[0][1]), "Balance": "4012.11", "Balance Impact": "Credit",
    }]  # fmt: skip


def _paypal_german(sale: Sale) -> list[Cells]:
    return [{
        "Datum": sale.day, "Uhrzeit": f"{sale.time}:00", "Zeitzone": "Europe/Lisbon",
        "Name": f"{sale.person.first} {sale.person.last}", "Typ": "Website-Zahlung",
        "Status": "Abgeschlossen" if sale.fate == "paid" else "Abgelehnt", "Währung": "EUR",
        "Brutto": text_of(sale.total), "Gebühr": "-0.35", "Netto": text_of(sale.total - 35),
        "Absender E-Mail-Adresse": sale.person.address,
        "Empfänger E-Mail-Adresse": "shop@example.com",
        "Transaktionscode": f"T{sale.number}", "Artikelbezeichnung": sale.lines[0][0],
        "Anzahl": str(sale.lines[0][1]), "Guthaben": "4012.11",
        "Auswirkung auf Guthaben": "Haben",
    }]  # fmt: skip


def _shopify(sale: Sale) -> list[Cells]:
    rows: list[Cells] = [
        {
            "Name": f"#{sale.number}", "Email": sale.person.address,
            "Created at": f"{sale.day} {sale.time}:00 +0000", "Lineitem name": product,
            "Lineitem quantity": str(quantity), "Lineitem price": text_of(cents // quantity),
            "Lineitem requires shipping": "true", "Lineitem taxable": "true",
        }
        for product, quantity, cents in sale.lines
    ]  # fmt: skip
    status = {"paid": "paid", "cancelled": "voided", "refunded": "refunded"}[sale.fate]
    rows[0] |= {
        "Financial Status": status, "Fulfillment Status": "fulfilled", "Currency": "EUR",
        "Paid at": f"{sale.day} {sale.time}:30 +0000", "Accepts Marketing": "yes",
        "Subtotal": text_of(sale.total), "Shipping": "0.00", "Taxes": "0.00",
        "Total": text_of(sale.total), "Discount Amount": "0.00", "Source": "web",
        "Refunded Amount": text_of(sale.total if sale.fate == "refunded" else 0),
        "Billing Name": f"{sale.person.first} {sale.person.last}", "Id": f"56{sale.number}",
        "Risk Level": "Low", "Payment Method": "card",
        "Cancelled at": f"{sale.day} 20:00:00 +0000" if sale.fate == "cancelled" else "",
    }  # fmt: skip
    return rows


def _till(sale: Sale) -> Cells:
    return {
        "Date": sale.day, "Time": f"{sale.time}:00", "Time Zone": "Lisbon",
        "Transaction ID": f"tx{sale.number}", "Payment ID": f"p{sale.number}",
        "Device Name": "Till", "Event Type": "Payment", "Location": "Corner Café",
        "Customer ID": f"C{sale.person.number:05}", "Customer Name": sale.person.first,
    }  # fmt: skip


def _square_transactions(sale: Sale) -> list[Cells]:
    amount = f"€{sale.total / 100:,.2f}"
    return [_till(sale) | {
        "Gross Sales": amount, "Net Sales": amount, "Discounts": "€0.00", "Tax": "€0.00",
        "Tip": "€0.00", "Partial Refunds": "€0.00", "Total Collected": amount, "Card": amount,
        "Source": "Point of Sale", "Fees": "-€0.10", "Net Total": amount, "Cash": "€0.00",
        "Card Brand": "Visa", "PAN Suffix": "1234", "Staff Name": "Eva",
        "Description": ", ".join(product for product, _, _ in sale.lines),
        "Transaction Status": "Complete",
    }]  # fmt: skip


def _square_items(sale: Sale) -> list[Cells]:
    return [
        _till(sale) | {
            "Category": "None", "Item": product, "Qty": f"{quantity}.0",
            "Price Point Name": "Regular", "Gross Sales": f"€{cents / 100:,.2f}",
            "Discounts": "€0.00", "Net Sales": f"€{cents / 100:,.2f}", "Tax": "€0.10",
            "Itemization Type": "Physical Good", "Count": str(quantity), "Unit": "ea",
        }
        for product, quantity, cents in sale.lines
    ]  # fmt: skip


def _woocommerce(sale: Sale) -> list[Cells]:
    status = {"paid": "Completed", "cancelled": "Cancelled", "refunded": "Refunded"}[sale.fate]
    return [
        {
            "Order Number": sale.number, "Order Status": status,
            "Order Date": f"{sale.day} {sale.time}", "Email (Billing)": sale.person.address,
            "First Name (Billing)": sale.person.first, "Last Name (Billing)": sale.person.last,
            "Payment Method Title": "Card", "Order Subtotal Amount": text_of(sale.total),
            "Order Shipping Amount": "0.00", "Order Refund Amount": "0.00",
            "Order Total Amount": text_of(sale.total), "Item Name": product,
            "Quantity (- Refund)": str(quantity), "Item Cost": text_of(cents // quantity),
        }
        for product, quantity, cents in sale.lines
    ]  # fmt: skip


def _suite(sale: Sale) -> list[Cells]:
    return [{
        "order_id": sale.number, "order_number": sale.number,
        "order_date": f"{sale.day} {sale.time}:00", "order_currency": "EUR",
        "status": {"paid": "completed", "cancelled": "cancelled"}[sale.fate],
        "order_total": text_of(sale.total), "order_subtotal": text_of(sale.total),
        "shipping_total": "0.00", "cart_discount": "0.00", "payment_method_title": "Card",
        "customer_id": str(sale.person.number), "billing_email": sale.person.address,
        "customer_email": sale.person.address, "billing_first_name": sale.person.first,
    }]  # fmt: skip


SALES: Mapping[str, tuple[Callable[[Sale], list[Cells]], str, Sequence[str], int]] = {
    "paypal": (_paypal, "T{}", ("paid", "paid", "cancelled"), 1),
    "paypal-german": (_paypal_german, "T{}", ("paid", "paid", "cancelled"), 1),
    "shopify-orders": (_shopify, "#{}", ("paid", "paid", "cancelled", "refunded"), 3),
    "square-transactions": (_square_transactions, "tx{}", ("paid",), 3),
    "square-items": (_square_items, "tx{}", ("paid",), 3),
    "woocommerce-orders": (_woocommerce, "{}", ("paid", "paid", "cancelled"), 3),
    "woocommerce-suite-orders": (_suite, "{}", ("paid", "paid", "cancelled"), 2),
}


def order_export(preset: Preset, count: int) -> Export:
    write, number, fates, most_lines = SALES[preset.name]
    listed = sales(count, fates, most_lines, seed=7)
    by_number = preset.name.startswith("square")
    truth = Truth("orders")
    for sale in listed:
        buyer = f"C{sale.person.number:05}" if by_number else sale.person.address
        counts = sale.fate != "cancelled"
        truth.orders[number.format(sale.number)] = (buyer, sale.total, counts)
    rows = tuple(row for sale in listed for row in write(sale))
    return Export(preset.name, preset.headings, rows, _roles(preset), truth)


def _roles(preset: Preset) -> dict[str, str]:
    """Return the first published heading of each role, and of opt-outs."""
    keys = {heading_key(heading): heading for heading in preset.headings}
    wanted = {**preset.columns, "said no": preset.said_no}
    return {
        role: next(keys[heading_key(name)] for name in names if heading_key(name) in keys)
        for role, names in wanted.items()
        if any(heading_key(name) in keys for name in names)
    }


def german_customers(count: int) -> Export:
    roles = {
        "customer": "Kundennr", "first name": "Vorname", "last name": "Nachname",
        "e-mail": "E-Mail", "phone": "Handy", "birthday": "Geburtsdatum",
        "consent": "Einwilligung Newsletter",
    }  # fmt: skip
    listed = people(count, ["yes", "no", "none"])
    says = {"yes": "ja", "no": "nein", "none": ""}
    rows = [
        {heading: ROLE_CELLS[role](person) for role, heading in roles.items() if role != "consent"}
        | {roles["consent"]: says[person.state], "Notiz": "mag Tee"}
        for person in listed
    ]
    truth = Truth("customers", {person.address: person.state for person in listed})
    truth.consent |= {f"C{person.number:05}": person.state for person in listed}
    return Export("spreadsheet, German", (*roles.values(), "Notiz"), tuple(rows), roles, truth)


def portuguese_orders(count: int) -> Export:
    roles = {
        "order": "N.º da encomenda", "when": "Data", "time": "Hora", "customer": "E-mail",
        "product": "Produto", "quantity": "Quantidade", "total": "Valor", "status": "Estado",
    }  # fmt: skip
    listed = sales(count, ("paid", "paid", "cancelled"), 1, seed=9)
    rows = [
        {
            "N.º da encomenda": sale.number, "Data": sale.day, "Hora": sale.time,
            "E-mail": sale.person.address, "Produto": sale.lines[0][0],
            "Quantidade": str(sale.lines[0][1]), "Valor": text_of(sale.total).replace(".", ","),
            "Estado": "Pago" if sale.fate == "paid" else "Cancelado", "Loja": "Lisboa",
        }
        for sale in listed
    ]  # fmt: skip
    truth = Truth("orders")
    for sale in listed:
        truth.orders[sale.number] = (sale.person.address, sale.total, sale.fate == "paid")
    return Export("spreadsheet, Portuguese", (*roles.values(), "Loja"), tuple(rows), roles, truth)


PRESET_NAMES = (
    "mailchimp", "mailchimp-unsubscribed", "mailchimp-cleaned", "square-customers",
    "square-transactions", "square-items", "shopify-customers", "shopify-orders",
    "woocommerce-orders", "woocommerce-suite-orders", "woocommerce-customers", "hubspot",
    "google-contacts", "google-contacts-older", "wix-contacts", "brevo", "klaviyo", "paypal",
    "paypal-german",
)  # fmt: skip


def make_export(name: str, count: int) -> Export:
    """Return an export of `count` people or orders."""
    preset = get_preset(name)
    if preset is None:
        return {"spreadsheet, German": german_customers}.get(name, portuguese_orders)(count)
    return (order_export if preset.holds == "orders" else customer_export)(preset, count)


FORMATS = (*PRESET_NAMES, "spreadsheet, German", "spreadsheet, Portuguese")
