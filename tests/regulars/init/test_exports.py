# ruff: noqa: E501 - the rows of exports are long
"""Exports of other programs, from the interview to the first sync: who may be mailed, and orders.

The headings are those of the real exports; the people are Ana, Bruno and Clara.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from regulars.init import questions
from shop.tables import OrderLine, Refund
from tests.connectors.corner_cafe import table_rows
from tests.regulars.init.imported_shop import ImportedShop

ANA, BRUNO, CLARA = "ana@example.com", "bruno@example.com", "clara@example.com"

MAILCHIMP = "Email Address,First Name,Last Name,Birthday"
MAILCHIMP_END = (
    "MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,GMTOFF,TIMEZONE,CC,LAST_CHANGED,EUID"
)
SUBSCRIBED = f"""\
{MAILCHIMP},{MAILCHIMP_END}
{ANA},Ana,Lima,09/21,2,2024-03-01 10:00:00,192.0.2.1,2024-03-01 10:05:00,192.0.2.1,0,Europe/Lisbon,PT,2025-01-01 10:00:00,a1
{BRUNO},Bruno,Reis,,2,,,2015-03-16 14:40:47,,,,,2015-03-16 14:40:47,a2
"""
UNSUBSCRIBED = f"""\
{MAILCHIMP},UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_REASON,UNSUB_REASON_OTHER,{MAILCHIMP_END}
{CLARA},Clara,Sol,,2025-05-01 10:00:00,May,No longer interested,,2,2024-01-01 10:00:00,,2024-01-01 10:00:00,,,,,2025-05-01 10:00:00,a3
"""
CLEANED = f"""\
{MAILCHIMP},CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,{MAILCHIMP_END}
{CLARA},Clara,Sol,,2025-05-01 10:00:00,May,2,2024-01-01 10:00:00,,2024-01-01 10:00:00,,,,,2025-05-01 10:00:00,a3
"""


def test_mailchimp_subscribers_are_dated_yeses(sqlite: Engine, tmp_path: Path) -> None:
    shop = ImportedShop(sqlite, tmp_path, {"subscribed.csv": SUBSCRIBED})
    assert shop.consent() == {ANA: "yes", BRUNO: "yes"}
    assert questions.CONSENT_HOW not in shop.interview.asked_questions
    assert shop.identities("first_name", "birthday", "timezone") == [
        ("Ana", "--09-21", "Europe/Lisbon"),
        ("Bruno", None, None),
    ]


def test_mailchimp_lists_of_noes_are_noes(sqlite: Engine, tmp_path: Path) -> None:
    for folder, text in (("unsubscribed", UNSUBSCRIBED), ("cleaned", CLEANED)):
        (tmp_path / folder).mkdir()
        shop = ImportedShop(sqlite, tmp_path / folder, {"list.csv": text})
        assert shop.consent() == {CLARA: "no"}
        assert questions.CONSENT_HOW not in shop.interview.asked_questions


BREVO = f"""\
EMAIL;LASTNAME;FIRSTNAME;SMS;EMAIL_BLACKLISTED;SMS_BLACKLISTED;ADDED_TIME
{ANA};Lima;Ana;351912000001;false;false;13-02-2024 10:00:00
{BRUNO};Reis;Bruno;;true;false;01-02-2024 10:00:00
"""


def test_brevos_blacklist_is_one_of_noes(sqlite: Engine, tmp_path: Path) -> None:
    shop = ImportedShop(sqlite, tmp_path, {"contacts.csv": BREVO})
    assert shop.consent() == {ANA: "none", BRUNO: "no"}
    assert shop.identities("phone") == [("351912000001",), (None,)]


HUBSPOT = f"""\
Record ID,First Name,Last Name,Email,Phone Number,Create Date,Unsubscribed from all email
101,Ana,Lima,{ANA},,2024-03-01 10:00,false
102,Bruno,Reis,{BRUNO},,2024-03-02 10:00,true
"""


def test_hubspots_unsubscribed_are_noes(sqlite: Engine, tmp_path: Path) -> None:
    shop = ImportedShop(sqlite, tmp_path, {"contacts.csv": HUBSPOT})
    assert shop.consent() == {ANA: "none", BRUNO: "no"}
    assert shop.identities("external_id") == [("101",), ("102",)]


KLAVIYO = f"""\
Email,Klaviyo ID,First Name,Phone Number,Email Marketing Consent,Email Marketing Consent Timestamp,Historic Number Of Orders,Date Added,Email Suppressions
{ANA},k1,Ana,,SUBSCRIBED,2024-03-01 10:00:00,3,2024-03-01 10:00:00,
{BRUNO},k2,Bruno,,UNSUBSCRIBED,2024-03-02 10:00:00,1,2024-03-02 10:00:00,
{CLARA},k3,Clara,,NEVER_SUBSCRIBED,,2,2024-03-03 10:00:00,
dora@example.com,k4,Dora,,SUBSCRIBED,2024-03-01 10:00:00,2,2024-03-03 10:00:00,"[""HARD_BOUNCE""]"
"""


def test_klaviyos_consent_is_read(sqlite: Engine, tmp_path: Path) -> None:
    shop = ImportedShop(sqlite, tmp_path, {"export.csv": KLAVIYO})
    consent = shop.consent()
    assert (consent[ANA], consent[BRUNO]) == ("yes", "no")
    assert consent[CLARA] != "yes"
    assert consent["dora@example.com"] != "yes"


SHOPIFY = f"""\
Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tags
'7120000000001,Ana,Lima,{ANA},yes,,'+351912000001,no,120.50,4,,vip
'7120000000002,Bruno,Reis,{BRUNO},no,,,yes,0.00,0,,
"""
SHOPIFY_ORDERS = f"""\
Name,Email,Financial Status,Paid at,Fulfillment Status,Accepts Marketing,Currency,Subtotal,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Billing Name,Cancelled at,Refunded Amount,Id,Source
#1001,{ANA},paid,2026-02-01 10:00:00 +0000,fulfilled,yes,EUR,20.00,20.00,2026-02-01 09:59:00 +0000,1,Beans,12.00,Ana Lima,,0.00,'5610000000001,web
#1001,{ANA},,,,,,,,2026-02-01 09:59:00 +0000,2,Filters,4.00,,,,,
#1002,{BRUNO},voided,,unfulfilled,no,EUR,30.00,30.00,2026-02-02 09:59:00 +0000,1,Grinder,30.00,Bruno Reis,2026-02-02 12:00:00 +0000,0.00,'5610000000002,web
#1003,{BRUNO},paid,2026-02-03 10:00:00 +0000,fulfilled,no,EUR,15.00,15.00,2026-02-03 09:59:00 +0000,1,Mug,15.00,Bruno Reis,,0.00,'5610000000003,web
"""


def test_shopifys_customers_and_orders_belong_together(engine: Engine, tmp_path: Path) -> None:
    files = {"orders.csv": SHOPIFY_ORDERS, "customers.csv": SHOPIFY}
    shop = ImportedShop(engine, tmp_path, files)
    assert shop.consent() == {ANA: "yes", BRUNO: "no"}
    assert shop.orders() == [
        ("#1001", ANA, 2000, True), ("#1002", BRUNO, 3000, False), ("#1003", BRUNO, 1500, True),
    ]  # fmt: skip
    assert ("7120000000001", "+351912000001") in shop.identities("external_id", "phone")
    assert questions.CONSENT_HOW not in shop.interview.asked_questions


SQUARE = f"""\
Reference ID,First Name,Last Name,Email Address,Phone Number,Nickname,Birthday,Memo,Square Customer ID,Creation Source,First Visit,Last Visit,Transaction Count,Lifetime Spend,Email Subscription Status,Instant Profile
,Ana,Lima,{ANA},'+351912000001,,1990-09-21,,AAA111,Loyalty,2025-01-02,2026-02-01,12,"$1,120.50",subscribed,No
,Bruno,Reis,{BRUNO},'+351912000002,,0000-03-01,,AAA112,Directory,2025-01-02,2026-02-01,1,$4.50,unsubscribed,No
,,,,'+351912000003,,,,AAA113,Instant Profile,2025-01-02,2026-02-01,1,$4.50,unknown,Yes
"""
SQUARE_TRANSACTIONS = """\
Date,Time,Time Zone,Gross Sales,Discounts,Net Sales,Tax,Tip,Total Collected,Source,Card,Cash,Fees,Net Total,Transaction ID,Payment ID,Staff Name,Description,Event Type,Location,Customer ID,Customer Name,Customer Reference ID
2026-02-01,10:00:00,Lisbon,€12.00,€0.00,€12.00,€0.00,€1.00,€13.00,Point of Sale,€13.00,€0.00,€0.00,€13.00,tx1,p1,Eva,"Latte, Cake",Payment,Corner Café,AAA111,Ana Lima,
2026-02-03,18:30:00,Lisbon,€4.50,€0.00,€4.50,€0.00,€0.00,€4.50,Point of Sale,€4.50,€0.00,€0.00,€4.50,tx2,p2,Eva,Espresso,Payment,Corner Café,,,
"""
SQUARE_ITEMS = """\
Date,Time,Time Zone,Category,Item,Qty,Price Point Name,SKU,Gross Sales,Discounts,Net Sales,Tax,Transaction ID,Payment ID,Event Type,Customer ID,Customer Name
2026-02-01,10:00:00,Lisbon,Coffee,Latte,1,Regular,,€4.00,€0.00,€4.00,€0.00,tx1,p1,Payment,AAA111,Ana Lima
2026-02-01,10:00:00,Lisbon,Cake,Cake,2,Regular,,€8.00,€0.00,€8.00,€0.00,tx1,p1,Payment,AAA111,Ana Lima
"""


def test_squares_customers_and_payments_belong_together(engine: Engine, tmp_path: Path) -> None:
    files = {"news.csv": SUBSCRIBED, "customers.csv": SQUARE, "payments.csv": SQUARE_TRANSACTIONS}
    shop = ImportedShop(engine, tmp_path, files)
    consent = shop.consent()
    assert (consent[ANA], consent[BRUNO]) == ("yes", "no")
    assert shop.source("square-transactions").customers_of == "square-customers"
    assert shop.orders() == [("tx1", "AAA111", 1300, True), ("tx2", None, 450, True)]
    assert ("AAA113", "+351912000003") in shop.identities("external_id", "phone")


SQUARE_STATUSES = """\
Date,Time,Time Zone,Gross Sales,Discounts,Net Sales,Tax,Tip,Total Collected,Source,Card,Cash,Fees,Net Total,Transaction ID,Payment ID,Staff Name,Description,Event Type,Location,Customer ID,Customer Name,Customer Reference ID,Transaction Status
2026-02-01,10:00:00,Lisbon,€12.00,€0.00,€12.00,€0.00,€1.00,€13.00,Point of Sale,€13.00,€0.00,€0.00,€13.00,tx1,p1,Eva,Latte,Payment,Corner Café,AAA111,Ana Lima,,Complete
2026-02-03,18:30:00,Lisbon,€4.50,€0.00,€4.50,€0.00,€0.00,€4.50,Point of Sale,€4.50,€0.00,€0.00,€4.50,tx2,p2,Eva,Espresso,Payment,Corner Café,AAA111,,,Failed
2026-02-04,18:30:00,Lisbon,€4.60,€0.00,€4.60,€0.00,€0.00,€4.60,Point of Sale,€4.60,€0.00,€0.00,€4.60,tx3,p3,Eva,Espresso,Payment,Corner Café,AAA111,,,Voided
2026-02-05,18:30:00,Lisbon,€4.70,€0.00,€4.70,€0.00,€0.00,€4.70,Point of Sale,€4.70,€0.00,€0.00,€4.70,tx4,p4,Eva,Espresso,Payment,Corner Café,AAA111,,,Pending
2026-02-06,10:00:00,Lisbon,-€5.00,€0.00,-€5.00,€0.00,€0.00,-€5.00,Point of Sale,-€5.00,€0.00,€0.00,-€5.00,tx1,p1,Eva,Latte,Refund,Corner Café,AAA111,Ana Lima,,Complete
2026-02-07,10:00:00,Lisbon,-€6.00,€0.00,-€6.00,€0.00,€0.00,-€6.00,Point of Sale,-€6.00,€0.00,€0.00,-€6.00,tx1,p1,Eva,Latte,Refund,Corner Café,AAA111,Ana Lima,,Failed
"""


def test_squares_failed_voided_and_pending_payments_are_no_visits(
    engine: Engine, tmp_path: Path
) -> None:
    files = {"customers.csv": SQUARE, "payments.csv": SQUARE_STATUSES}
    shop = ImportedShop(engine, tmp_path, files)
    assert [order[::3] for order in shop.orders()] == [
        ("tx1", True), ("tx2", False), ("tx3", False), ("tx4", False),
    ]  # fmt: skip
    assert table_rows(engine, Refund, "order_key", "total") == [("tx1", 500)]


def test_squares_items_are_lines_of_orders(sqlite: Engine, tmp_path: Path) -> None:
    shop = ImportedShop(sqlite, tmp_path, {"customers.csv": SQUARE, "items.csv": SQUARE_ITEMS})
    assert shop.orders() == [("tx1", "AAA111", 1200, True)]


def test_payments_belong_to_the_list_of_their_program(sqlite: Engine, tmp_path: Path) -> None:
    """No payment of the sample names one of the customers."""
    payments = SQUARE_TRANSACTIONS.replace("AAA111", "ZZZ999")
    files = {"news.csv": SUBSCRIBED, "customers.csv": SQUARE, "payments.csv": payments}
    shop = ImportedShop(sqlite, tmp_path, files)
    assert list(shop.config.sources) == ["mailchimp", "square-customers", "square-transactions"]
    assert shop.source("square-transactions").customers_of == "square-customers"


def test_payments_and_items_of_one_till_are_not_counted_twice(
    sqlite: Engine, tmp_path: Path
) -> None:
    web = SHOPIFY_ORDERS.replace("#1001", "tx1").replace("#1002", "tx2")
    files = {
        "customers.csv": SQUARE,
        "items.csv": SQUARE_ITEMS,
        "payments.csv": SQUARE_TRANSACTIONS.replace("tx2", "tx1"),
        "web.csv": web,
    }
    shop = ImportedShop(sqlite, tmp_path, files)
    expected = "items.csv holds the articles of the orders in square-transactions"
    assert expected in shop.interview.output
    assert shop.source("square-items").lines_of == "square-transactions"
    assert sorted(total for _, _, total, counts in shop.orders() if counts) == [
        450, 1300, 1500, 2000,
    ]  # fmt: skip


def test_squares_items_are_the_products_of_its_payments(engine: Engine, tmp_path: Path) -> None:
    files = {
        "customers.csv": SQUARE,
        "items.csv": SQUARE_ITEMS,
        "payments.csv": SQUARE_TRANSACTIONS,
    }
    shop = ImportedShop(engine, tmp_path, files)
    assert shop.orders() == [("tx1", "AAA111", 1300, True), ("tx2", None, 450, True)]
    columns = ("source", "order_key", "title", "quantity", "category", "total")
    assert sorted(table_rows(engine, OrderLine, *columns)) == [
        ("square-transactions", "tx1", "Cake", 2, "Cake", 800),
        ("square-transactions", "tx1", "Latte", 1, "Coffee", 400),
    ]  # fmt: skip
    assert shop.set_aside() == []


PORTUGUESE = f"""\
Nome;Apelido;E-mail;Telemóvel;Data de nascimento;Aceita marketing
Ana;Lima;{ANA};912 000 001;21/09/1990;Sim
Conceição;Araújo;{BRUNO};912 000 002;03/04/1985;Não
"""


def test_a_portuguese_spreadsheet_is_read(sqlite: Engine, tmp_path: Path) -> None:
    shop = ImportedShop(sqlite, tmp_path, {"clientes.csv": PORTUGUESE.encode("cp1252")})
    assert shop.consent() == {ANA: "yes", BRUNO: "no"}
    assert shop.identities("first_name", "birthday") == [
        ("Ana", "1990-09-21"), ("Conceição", "1985-04-03"),
    ]  # fmt: skip


GOOGLE = f"""\
First Name,Middle Name,Last Name,Birthday,Notes,Labels,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value
Ana,,Lima,1990-09-21,,* myContacts,* Work,{ANA} ::: ana@work.example,Mobile,912 000 001
Bruno,,Reis,,,* myContacts,,,Mobile,912 000 002
"""


def test_googles_contacts_are_customers_of_whom_nothing_is_known(
    sqlite: Engine, tmp_path: Path
) -> None:
    shop = ImportedShop(sqlite, tmp_path, {"contacts.csv": GOOGLE})
    assert shop.consent() == {ANA: "none", None: "none"}
    assert shop.identities("first_name", "phone") == [
        ("Ana", "912 000 001"), ("Bruno", "912 000 002"),
    ]  # fmt: skip


WIX = f"""\
First Name,Last Name,Email 1,Phone 1,Email subscriber status,SMS subscriber status,Last Activity,Last Activity Date (UTC+0),Source,Language,Created At (UTC+0)
Ana,Lima,{ANA},,Subscribed,Never subscribed,Visited,2025-01-01 10:00,Form,pt,2024-03-01 10:00
Bruno,Reis,{BRUNO},,Unsubscribed,Subscribed,Visited,2025-01-01 10:00,Form,pt,2024-03-02 10:00
Clara,Sol,{CLARA},,Never subscribed,Never subscribed,Visited,2025-01-01 10:00,Form,pt,2024-03-02 10:00
"""


def test_wixs_subscriber_status_is_read(sqlite: Engine, tmp_path: Path) -> None:
    shop = ImportedShop(sqlite, tmp_path, {"contacts.csv": WIX})
    consent = shop.consent()
    assert (consent[ANA], consent[BRUNO]) == ("yes", "no")
    assert consent[CLARA] != "yes"


WOOCOMMERCE = f"""\
Order Number,Order Status,Order Date,Customer Note,First Name (Billing),Email (Billing),Phone (Billing),Order Subtotal Amount,Order Total Amount,Order Total Tax Amount,SKU,Item Name,Quantity,Item Cost
501,Completed,2026-02-01 10:00,,Ana,{ANA},,20.00,20.00,0.00,B1,Beans,1,12.00
501,Completed,2026-02-01 10:00,,Ana,{ANA},,20.00,20.00,0.00,F1,Filters,2,4.00
502,Cancelled,2026-02-02 10:00,,Bruno,{BRUNO},,30.00,30.00,0.00,G1,Grinder,1,30.00
503,Failed,2026-02-03 10:00,,Bruno,{BRUNO},,30.00,30.00,0.00,G1,Grinder,1,30.00
"""


def test_woocommerces_orders_have_one_total_each(sqlite: Engine, tmp_path: Path) -> None:
    shop = ImportedShop(sqlite, tmp_path, {"orders.csv": WOOCOMMERCE})
    assert shop.orders() == [
        ("501", ANA, 2000, True), ("502", BRUNO, 3000, False), ("503", BRUNO, 3000, False),
    ]  # fmt: skip
    assert questions.CONSENT_HOW not in shop.interview.asked_questions


PAYPAL = f"""\
"Date","Time","TimeZone","Name","Type","Status","Currency","Gross","Fee","Net","From Email Address","To Email Address","Transaction ID","Item Title","Quantity"
"01/02/2026","10:00:00","Europe/Lisbon","Ana Lima","Website Payment","Completed","EUR","1.112,00","-10,00","1.102,00","{ANA}","shop@example.com","T1","Machine","1"
"13/02/2026","11:00:00","Europe/Lisbon","Bruno Reis","Website Payment","Pending","EUR","12,00","-1,00","11,00","{BRUNO}","shop@example.com","T2","Beans","1"
"""


def test_paypals_payments_are_orders_once_they_are_completed(
    sqlite: Engine, tmp_path: Path
) -> None:
    shop = ImportedShop(sqlite, tmp_path, {"activity.csv": PAYPAL})
    assert shop.orders() == [("T1", ANA, 111200, True), ("T2", BRUNO, 1200, False)]


PAYPAL_ACCOUNT = f"""\
"Date","Time","TimeZone","Name","Type","Status","Currency","Gross","Fee","Net","From Email Address","To Email Address","Transaction ID","Item Title","Reference Txn ID","Balance Impact"
"01/02/2026","10:00:00","Europe/Lisbon","Ana Lima","Website Payment","Completed","EUR","112,00","-10,00","102,00","{ANA}","shop@example.com","T1","Machine","","Credit"
"13/02/2026","11:00:00","Europe/Lisbon","","General Withdrawal","Completed","EUR","-80,00","0,00","-80,00","shop@example.com","","T2","","","Debit"
"14/02/2026","11:00:00","Europe/Lisbon","","General Currency Conversion","Completed","EUR","40,00","0,00","40,00","","shop@example.com","T3","","T9","Credit"
"15/02/2026","11:00:00","Europe/Lisbon","Ana Lima","Payment Refund","Completed","EUR","-12,00","0,00","-12,00","shop@example.com","{ANA}","T4","","T1","Debit"
"""


def test_paypals_fees_conversions_and_withdrawals_are_no_orders(
    sqlite: Engine, tmp_path: Path
) -> None:
    shop = ImportedShop(sqlite, tmp_path, {"activity.csv": PAYPAL_ACCOUNT})
    assert shop.orders() == [("T1", ANA, 11200, True)]
    assert table_rows(sqlite, Refund, "order_key", "total") == [("T1", 1200)]
    assert shop.set_aside() == []


PAYPAL_GERMAN = f"""\
"Datum","Uhrzeit","Zeitzone","Name","Typ","Status","Währung","Brutto","Gebühr","Netto","Absender E-Mail-Adresse","Empfänger E-Mail-Adresse","Transaktionscode","Artikelbezeichnung","Zugehöriger Transaktionscode","Guthaben","Auswirkung auf Guthaben"
"01.02.2026","10:00:00","Europe/Berlin","Ana Lima","PayPal Express-Zahlung","Abgeschlossen","EUR","1.112,00","-10,00","1.102,00","{ANA}","shop@example.com","T1","Maschine","","1.102,00","Haben"
"13.02.2026","11:00:00","Europe/Berlin","","Allgemeine Abbuchung","Abgeschlossen","EUR","-80,00","0,00","-80,00","shop@example.com","","T2","","","1.022,00","Soll"
"14.02.2026","11:00:00","Europe/Berlin","","Allgemeine Währungsumrechnung","Abgeschlossen","EUR","40,00","0,00","40,00","","shop@example.com","T3","","T9","1.062,00","Haben"
"14.02.2026","12:00:00","Europe/Berlin","","Einbehaltung für offene Autorisierung","Ausstehend","EUR","-40,00","0,00","-40,00","shop@example.com","","T5","","","1.022,00","Memo"
"15.02.2026","11:00:00","Europe/Berlin","Ana Lima","Rückzahlung","Abgeschlossen","EUR","-12,00","0,00","-12,00","shop@example.com","{ANA}","T4","","T1","1.010,00","Soll"
"""
# A statement says Beschreibung and Entgelt, and nothing of a status or of the balance.
STATEMENT_GERMAN = f"""\
"Datum","Uhrzeit","Zeitzone","Beschreibung","Währung","Brutto","Entgelt","Netto","Guthaben","Transaktionscode","Absender E-Mail-Adresse","Name","Versand- und Bearbeitungsgebühr","Umsatzsteuer","Rechnungsnummer","Zugehöriger Transaktionscode"
"01.02.2026","10:00:00","Europe/Berlin","Handyzahlung","EUR","1.112,00","-10,00","1.102,00","1.102,00","T1","{ANA}","Ana Lima","0,00","0,00","",""
"13.02.2026","11:00:00","Europe/Berlin","Bankgutschrift auf PayPal-Konto","EUR","80,00","0,00","80,00","1.182,00","T2","","","0,00","0,00","",""
"13.02.2026","12:00:00","Europe/Berlin","PayPal Express-Zahlung","EUR","-80,00","0,00","-80,00","1.102,00","T6","seller@example.com","A seller","0,00","0,00","",""
"15.02.2026","11:00:00","Europe/Berlin","Rückzahlung","EUR","-12,00","0,00","-12,00","1.090,00","T4","{ANA}","Ana Lima","0,00","0,00","","T1"
"""


@pytest.mark.parametrize("text", [PAYPAL_GERMAN, STATEMENT_GERMAN])
def test_paypals_files_in_german_are_read_as_those_in_english(
    text: str, sqlite: Engine, tmp_path: Path
) -> None:
    shop = ImportedShop(sqlite, tmp_path, {"Download.CSV": text})
    assert shop.source("paypal-german").columns.kind in ("Typ", "Beschreibung")
    assert shop.orders() == [("T1", ANA, 111200, True)]
    assert table_rows(sqlite, Refund, "order_key", "total") == [("T1", 1200)]
    assert shop.set_aside() == []


SALON_CUSTOMERS = f"""\
Kundennr;Vorname;Name;E-Mail;Handy;Geb.-Datum;Einwilligung Newsletter
K-1;Ana;Lima;{ANA};0171 2345678;21.09.1990;ja
K-2;Jörg;Groß;{BRUNO};;;nein
"""
SALON_ORDERS = """\
Belegnr;Datum;Kundennr;Leistung;Betrag
1;01.02.2026;K-1;Schnitt;1.092,90
2;14.02.2026;K-2;Färben;45,00
"""


def test_a_german_salons_lists_are_read(sqlite: Engine, tmp_path: Path) -> None:
    files = {
        "kunden.csv": SALON_CUSTOMERS.encode("latin-1"),
        "belege.csv": SALON_ORDERS.encode("latin-1"),
    }
    shop = ImportedShop(sqlite, tmp_path, files)
    assert shop.consent() == {ANA: "yes", BRUNO: "no"}
    assert shop.orders() == [("1", "K-1", 109290, True), ("2", "K-2", 4500, True)]


MAILERLITE = f"""\
Subscriber,Name,Last name,Status,Subscribed,Opt-in timestamp
{ANA},Ana,Lima,active,2024-01-02 10:00:00,2024-01-02 10:00:00
{BRUNO},Bruno,Reis,unsubscribed,2024-01-02 10:00:00,2024-01-02 10:00:00
{CLARA},Clara,Sol,bounced,2024-01-02 10:00:00,2024-01-02 10:00:00
"""
ACTIVE_CAMPAIGN = f"""\
ID,Email,First Name,Date Created,Status
1,{ANA},Ana,2024-01-02,Active
2,{BRUNO},Bruno,2024-01-02,Unsubscribed
3,{CLARA},Clara,2024-01-02,Bounced
"""
CLEVER_REACH = f"""\
E-Mail;Registriert;Aktiviert;Deaktiviert;Vorname;Name
{ANA};01.02.2024;01.02.2024;;Ana;Lima
{BRUNO};01.02.2024;01.02.2024;15.03.2025;Bruno;Reis
"""
OMNISEND = f"""\
email,firstName,emailStatus,emailStatusDate,smsStatus
{ANA},Ana,subscribed,2024-01-02,unsubscribed
{BRUNO},Bruno,unsubscribed,2025-01-02,subscribed
"""
OLDER_SQUARE = f"First Name,Email Address,Email Unsubscribed\nAna,{ANA},False\nBruno,{BRUNO},True\n"
OWN_LIST = f"Mail,Status\n{ANA},Subscribed\n{BRUNO},Cleaned\n{CLARA},Pending\n"


@pytest.mark.parametrize(
    ("text", "consent"),
    [
        pytest.param(OLDER_SQUARE, {ANA: "none", BRUNO: "no"}, id="Square, older"),
        pytest.param(MAILERLITE, {ANA: "yes", BRUNO: "no", CLARA: "no"}, id="MailerLite"),
        pytest.param(ACTIVE_CAMPAIGN, {ANA: "yes", BRUNO: "no", CLARA: "no"}, id="ActiveCampaign"),
        pytest.param(CLEVER_REACH, {ANA: "none", BRUNO: "no"}, id="CleverReach"),
        pytest.param(OMNISEND, {ANA: "yes", BRUNO: "no"}, id="Omnisend"),
        pytest.param(OWN_LIST, {ANA: "yes", BRUNO: "no", CLARA: "none"}, id="somebody's own"),
    ],
)
def test_lists_of_other_programs_are_read(
    text: str, consent: dict[str, str], sqlite: Engine, tmp_path: Path
) -> None:
    shop = ImportedShop(sqlite, tmp_path, {"list.csv": text})
    assert shop.consent() == consent
    assert questions.CONSENT_HOW not in shop.interview.asked_questions


D = "2024-03-01 10:00"
# Headings, the row of Ana who may be mailed where the export says so, and of Bruno who may not.
PROGRAMS = {
    "Constant Contact": (
        "Email address,First name,Email status,Email permission status,Confirmed Opt-Out Date,Email Lists",
        f"{ANA},Ana,Active,Explicit,,Main", f"{BRUNO},Bruno,Active,Explicit,{D},Main", "yes",
    ),
    "Campaign Monitor": (
        "Email Address,Name,State,Date,Consent to track",
        f"{ANA},Ana,Active,{D},Yes", f"{BRUNO},Bruno,Bounced,{D},Yes", "yes",
    ),
    "Kit": ("email,first_name,state,created_at", f"{ANA},Ana,active,{D}", f"{BRUNO},Bruno,complained,{D}", "yes"),
    "GetResponse": (
        "email,name,Subscribed on,Unsubscribed on,Unsubscribe reason",
        f"{ANA},Ana,{D},,", f"{BRUNO},Bruno,{D},{D},user request", "yes",
    ),
    "Mailjet": (
        "email,name,IsExcludedFromCampaigns,IsUnsub",
        f"{ANA},Ana,false,false", f"{BRUNO},Bruno,true,false", "none",
    ),
    "Lightspeed": (
        "customer_code,first_name,email,do_not_email,loyalty_balance",
        f"7,Ana,{ANA},0,5", f"8,Bruno,{BRUNO},1,5", "none",
    ),
    "Clover": (
        "Customer ID,First Name,Email Address,Marketing Allowed,Customer Since",
        f"C1,Ana,{ANA},TRUE,{D}", f"C2,Bruno,{BRUNO},FALSE,{D}", "yes",
    ),
    "Toast": (
        "First Name,Email,Email Marketing Opt-in,Total Visits,Lifetime Spend",
        f"Ana,{ANA},Opted In,3,20", f"Bruno,{BRUNO},Opted Out,3,20", "yes",
    ),
    "Squarespace": (
        "First Name,Email,Accepts Marketing,Subscriber Since,Order Count,Total Spent",
        f"Ana,{ANA},TRUE,{D},2,20", f"Bruno,{BRUNO},FALSE,,2,20", "yes",
    ),
    "Wix": (
        "First Name,Email 1,Email subscriber status,SMS subscriber status",
        f"Ana,{ANA},Subscribed,Never subscribed", f"Bruno,{BRUNO},Unsubscribed,Subscribed", "yes",
    ),
}  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_who_may_be_mailed_by_the_export_of_another_program(
    program: str, sqlite: Engine, tmp_path: Path
) -> None:
    headings, ana, bruno, state = PROGRAMS[program]
    shop = ImportedShop(sqlite, tmp_path, {"contacts.csv": f"{headings}\n{ana}\n{bruno}\n"})
    assert shop.consent() == {ANA: state, BRUNO: "no"}
    assert not shop.set_aside()


def test_an_opt_out_in_an_export_of_orders_outweighs_the_yes_of_the_list(
    sqlite: Engine, tmp_path: Path
) -> None:
    files = {
        "customers.csv": f"Email,First Name,Accepts Email Marketing\n{ANA},Ana,yes\n{BRUNO},Bruno,yes\n",
        "orders.csv": "Name,Email,Financial Status,Paid at,Accepts Marketing,Currency,Total,Created at\n"
        f"#1,{ANA},paid,{D},unsubscribed,EUR,12.00,{D}\n#2,{BRUNO},paid,{D},yes,EUR,12.00,{D}\n#2,{BRUNO},,,,,,\n",
    }  # fmt: skip
    shop = ImportedShop(sqlite, tmp_path, files)
    assert shop.consent() == {ANA: "no", BRUNO: "yes"}
    assert {order[1] for order in shop.orders()} == {ANA, BRUNO}
