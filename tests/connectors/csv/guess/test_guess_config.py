"""Guesses from column headings."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from connectors.csv.guess.guess_config import (
    ANSWER_ROLES,
    CUSTOMER_ROLES,
    ORDER_ROLES,
    GuessedConfig,
    guess_columns,
    guess_config,
)
from connectors.csv.guess.headings import ROLE_WORDS, heading_words, shorten_headings
from settings.errors import OwnerFileError, SourceDataError


@pytest.mark.parametrize(
    "headings",
    [
        "Email, First Name, Birthday, Accepts Email Marketing",
        "E-mail, Primeiro nome, Data de Nascimento, Newsletter",
        "Correo electrónico, Nombre, Fecha de nacimiento, Boletín",
        "Adresse e-mail, Prénom, Anniversaire, Abonné",
        "E-Mail-Adresse, Vorname, Geburtstag, Einwilligung",
        "Indirizzo email, First, Data di nascita, Consenso",
        "E-mailadres, Voornaam, Geboortedatum, Nieuwsbrief",
    ],
)
def test_customers_are_known_in_seven_languages(headings: str) -> None:
    columns = headings.split(", ")
    guess = guess_columns(columns)
    assert guess
    roles = ["e-mail", "first name", "birthday", "consent"]
    assert (guess.holds, guess.columns) == (
        "customers",
        dict(zip(roles, columns, strict=True)),
    )


def test_a_list_with_dates_and_sums_is_one_of_orders() -> None:
    guess = guess_columns(["Bestellnummer", "Datum", "Kundennummer", "E-Mail", "Betrag", "Farbe"])
    assert guess
    assert guess.holds == "orders"
    assert guess.columns == {
        "customer": "E-Mail", "when": "Datum", "total": "Betrag", "order": "Bestellnummer",
    }  # fmt: skip


def test_a_list_with_dates_and_stars_is_one_of_answers() -> None:
    guess = guess_columns(["Timestamp", "Email", "Rating", "Comments"])
    assert guess
    assert guess.holds == "answers"
    assert guess.columns == {
        "customer": "Email", "when": "Timestamp", "csat": "Rating", "words": "Comments",
    }  # fmt: skip


def test_a_column_that_stands_there_twice_is_left_alone() -> None:
    guess = guess_columns(["Email", "Birthday", "Birthday", "Mail"])
    assert guess
    assert guess.columns == {"e-mail": "Email"}


def test_a_survey_with_date_and_time_in_two_columns_has_both() -> None:
    guess = guess_columns(["Date", "Time", "Email", "Stars", "Form"])
    assert guess.holds == "answers"
    assert guess.columns == {
        "customer": "Email", "when": "Date", "time": "Time", "csat": "Stars", "survey": "Form",
    }  # fmt: skip


def test_a_file_without_a_known_column_has_its_headings_and_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("Colour;Size\nred;3\n")
    assert guess_config(tmp_path / "odd.csv", "odd") == GuessedConfig(
        "customers", {}, missing=("e-mail",), headings=("Colour", "Size")
    )
    with pytest.raises(OwnerFileError, match="There is no file"):
        guess_config(tmp_path / "even.csv", "even")


@pytest.mark.parametrize("roles", [CUSTOMER_ROLES, ORDER_ROLES, ANSWER_ROLES])
def test_no_word_means_two_things_in_one_file(roles: tuple[str, ...]) -> None:
    role_counts = Counter(word for role in roles for word in ROLE_WORDS[role].split())
    assert not [word for word, occurrences in role_counts.items() if occurrences > 1]


@pytest.mark.parametrize(
    ("heading", "words"),
    [
        ("E-mail 1 - Value", ("e", "mail", "1", "value")),
        ("firstName", ("first", "name")),
        ("FIRST_NAME", ("first", "name")),
        ("Straße", ("strasse",)),
        ("Endereço de e‑mail", ("endereco", "de", "e", "mail")),
        ("Created At (UTC+0)", ("created", "at", "utc", "0")),
        ("Nº de cliente", ("n", "de", "cliente")),
    ],
)
def test_a_heading_is_compared_by_its_words(heading: str, words: tuple[str, ...]) -> None:
    assert heading_words(heading) == words


@pytest.mark.parametrize(
    ("role", "heading"),
    [
        ("e-mail", "E-mail 1 - Value"),
        ("e-mail", "Email 1"),
        ("e-mail", "Email (Billing)"),
        ("e-mail", "Correo electrónico"),
        ("phone", "Phone 1 - Value"),
        ("phone", "SMS"),
        ("phone", "Telefonnr."),
        ("phone", "Telefon privat"),
        ("e-mail", "Client email"),
        ("joined", "Joined date"),
        ("joined", "Created At (UTC+0)"),
        ("joined", "Create Date"),
        ("joined", "Sign Up"),
        ("joined", "First Visit"),
        ("joined", "ADDED_TIME"),
        ("joined", "Fecha de alta"),
        ("customer", "Kundennr."),
        ("customer", "Square Customer ID"),
        ("customer", "Reference ID"),
        ("timezone", "TIMEZONE"),
        ("birthday", "Date de naissance"),
        ("name", "Name"),
        ("name", "Customer Name"),
        ("consent", "Einwilligung Newsletter"),
        ("consent", "Accepts Email Marketing"),
    ],
)
def test_headings_of_customers_are_known_by_their_words(role: str, heading: str) -> None:
    guess = guess_columns(["Mail", heading] if role != "e-mail" else [heading])
    assert (guess.holds, guess.columns[role]) == ("customers", heading)


SHOPIFY = (
    "Name,Email,Financial Status,Paid at,Accepts Marketing,Currency,Subtotal,Taxes,Total,"
    "Created at,Lineitem quantity,Lineitem name,Lineitem price,Billing Name,Id,Tags,Source"
)
SQUARE = (
    "Date,Time,Time Zone,Gross Sales,Discounts,Net Sales,Tip,Total Collected,Source,Fees,Net Total,"
    "Transaction ID,Payment ID,Staff Name,Event Type,Location,Customer ID,Customer Name,"
    "Customer Reference ID"
)
SQUARE_ITEMS = (
    "Date,Time,Time Zone,Category,Item,Qty,Price Point Name,SKU,Gross Sales,Discounts,Net Sales,"
    "Tax,Transaction ID,Payment ID,Event Type,Customer ID,Customer Name,Unit,Count"
)
WOOCOMMERCE = (
    "Order Number,Order Status,Order Date,First Name (Billing),Email (Billing),"
    "Order Subtotal Amount,Order Total Amount,Order Total Tax Amount,Item Name,Quantity,Item Cost"
)
PAYPAL = (
    "Date,Time,TimeZone,Name,Type,Status,Currency,Gross,Fee,Net,From Email Address,"
    "To Email Address,Transaction ID,Item Title,Invoice Number,Quantity"
)


@pytest.mark.parametrize(
    ("headings", "columns"),
    [
        pytest.param(
            SHOPIFY,
            "Email, Created at, Total, Name, Lineitem name, Lineitem quantity, Financial Status, "
            "Currency",
            id="Shopify"),
        pytest.param(
            SQUARE, "Customer ID, Date, Time, Total Collected, Transaction ID, Event Type",
            id="Square"),
        pytest.param(
            SQUARE_ITEMS,
            "Customer ID, Date, Time, Net Sales, Transaction ID, Item, Qty, Event Type, Category",
            id="Square items"),
        pytest.param(
            WOOCOMMERCE,
            "Email (Billing), Order Date, Order Total Amount, Order Number, Item Name, Quantity, "
            "Order Status",
            id="WooCommerce"),
        pytest.param(
            PAYPAL,
            "From Email Address, Date, Time, Gross, Transaction ID, Item Title, Quantity, Status, "
            "Currency",
            id="PayPal"),
        pytest.param(
            "id,Created (UTC),Amount,Amount Refunded,Status,Customer Email,Customer ID,Captured",
            "Customer Email, Created (UTC), Amount, id, Status, Amount Refunded", id="Stripe"),
        pytest.param(
            "Order number,Date created,Time,Contact email,Item,SKU,Qty,Price,Payment status,Total,"
            "Net amount",
            "Contact email, Date created, Time, Total, Order number, Item, Qty, Payment status",
            id="Wix"),
        pytest.param(
            "Email,Date,Transaction ID,Payment method,Description,Total,Subtotal,Tip amount",
            "Email, Date, Total, Transaction ID, Description", id="SumUp"),
        pytest.param(
            "Date,Receipt Number,Customer Code,Customer Name,Total,Sold by,Register",
            "Customer Code, Date, Total, Receipt Number", id="Lightspeed"),
        pytest.param(
            "Belegnr,Datum,Kundennr,Leistung,Betrag", "Kundennr, Datum, Betrag, Belegnr, Leistung",
            id="a German salon"),
        pytest.param(
            "Nº encomenda,Data da venda,Código do cliente,Valor total",
            "Código do cliente, Data da venda, Valor total, Nº encomenda", id="in Portuguese"),
    ],
)  # fmt: skip
def test_orders_are_recognised_as_orders(headings: str, columns: str) -> None:
    guess = guess_columns(headings.split(","))
    assert guess.holds == "orders"
    assert list(guess.columns.values()) == columns.split(", ")


@pytest.mark.parametrize(
    "headings",
    [
        "Name,Username,Last Active,Sign Up,Email,Orders,Total Spend,AOV,Country / Region,City",
        "Email,First Name,Phone,Total Spent,Total Orders,Note,Tags",
        "id,Description,Email,Name,Created (UTC),Delinquent,Total Spend,Payment Count",
        "Email,Klaviyo ID,First Name,Average Order Value,Historic Number Of Orders,Date Added",
        "Email,Name,Last Order Date,Last Order Amount,Birthday",
    ],
)
def test_sums_of_a_customers_orders_do_not_make_a_file_of_orders(headings: str) -> None:
    assert guess_columns(headings.split(",")).holds == "customers"


@pytest.mark.parametrize(
    ("headings", "missing"),
    [
        ("Email,Name,Transaction ID", ("when", "total")),
        ("Date,Time,Receipt Number,Product,Quantity,Total,Staff", ("customer",)),
        ("Customer ID,Name,Lineitem name,Lineitem quantity", ("when", "total")),
    ],
)
def test_a_file_of_orders_with_a_column_missing_is_no_list_of_customers(
    headings: str, missing: tuple[str, ...]
) -> None:
    guess = guess_columns(headings.split(","))
    assert (guess.holds, guess.missing) == ("orders", missing)


def guess_text(folder: Path, text: str) -> GuessedConfig:
    (folder / "list.csv").write_text(text)
    return guess_config(folder / "list.csv", "list")


def test_a_column_of_yes_and_no_is_no_key_of_customers(tmp_path: Path) -> None:
    guess = guess_text(tmp_path, "Email,Customer\nana@example.com,true\nbruno@example.com,false\n")
    assert guess.columns == {"e-mail": "Email"}


def test_what_stands_in_brackets_does_not_change_a_heading() -> None:
    headings = "Order ID,Order Date,Customer Email,Subtotal (inc tax),Order Total (inc tax)"
    assert guess_columns(headings.split(",")).columns["total"] == "Order Total (inc tax)"
    assert guess_columns(["Email (Shipping)", "Email (Billing)"]).columns == {
        "e-mail": "Email (Billing)"
    }


def test_values_decide_where_headings_do_not(tmp_path: Path) -> None:
    text = "Staff mail,Login,Mail,Date\n" + "s@x.example,clara@example.com,yes,soon\n" * 2
    guess = guess_text(tmp_path, text)
    assert (guess.holds, guess.columns) == ("customers", {"e-mail": "Login"})


@pytest.mark.parametrize(
    ("rows", "role"),
    [
        ("Name,Mail\nClara Sol,clara@example.com\n", "name"),
        ("Nome,Mail\nClara Sol,clara@example.com\n", "name"),
        ("Nome,Mail\nClara,clara@example.com\n", "first name"),
        ("Vorname,Name,Mail\nClara,Sol,clara@example.com\n", "last name"),
        ("Name,Surname,Mail\nClara,Sol,clara@example.com\n", "first name"),
    ],
)
def test_a_column_called_name_is_read_by_its_neighbours_and_values(
    rows: str, role: str, tmp_path: Path
) -> None:
    assert guess_text(tmp_path, rows).columns[role] in ("Name", "Nome")


def test_a_status_is_one_whose_words_are_known(tmp_path: Path) -> None:
    head = "Order ID,Date,Email,Total,Status,Estado\n"
    row = "{},2026-03-0{},ana@example.com,9.00,{},{}\n"
    text = head + row.format(1, 1, "gold", "paid") + row.format(2, 2, "silver", "cancelled")
    assert guess_text(tmp_path, text).columns["status"] == "Estado"


def test_a_time_of_day_has_a_column_only_where_the_date_has_none(tmp_path: Path) -> None:
    head = "Order ID,Date,Time,Email,Total\n"
    assert "time" in guess_text(tmp_path, head + "1,2026-03-01,10:30 PM,a@example.com,9\n").columns
    moment = guess_text(tmp_path, head + "1,2026-03-01 10:30,10:30,a@example.com,9\n")
    assert "time" not in moment.columns


@pytest.mark.parametrize(
    ("headings", "total_is_of"),
    [
        ("Order ID,Date,Email,Order Total Amount,Item", "the order"),
        ("Transaction ID,Date,Email,Net Sales,Item", "the line"),
        ("Transaction ID,Date,Email,Total,Item", None),
        ("Date,Email,Order Total", None),
    ],
)
def test_the_heading_of_totals_may_say_what_they_are_of(
    headings: str, total_is_of: str | None
) -> None:
    assert guess_columns(headings.split(",")).total_is_of == total_is_of


def test_the_number_that_every_row_of_an_order_has_is_its_number(tmp_path: Path) -> None:
    text = (
        "Id,Name,Email,Created at,Total,Lineitem name\n"
        "56,#1001,ana@example.com,2026-03-01 10:00:00 +0000,9.00,Beans\n"
        ",#1001,ana@example.com,2026-03-01 10:00:00 +0000,,Filters\n"
    )
    assert guess_text(tmp_path, text).columns["order"] == "Name"


def test_an_empty_column_of_addresses_does_not_name_the_buyer(tmp_path: Path) -> None:
    text = "Receipt number,Date,Total,Customer ID,Email\n1,2026-03-01,4.00,C7,\n"
    assert guess_text(tmp_path, text).columns["customer"] == "Customer ID"


def test_a_column_without_a_name_cannot_be_named(tmp_path: Path) -> None:
    text = "Email,Size,\nclara@example.com,3,subscribed\nana@example.com,4,unsubscribed\n"
    guess = guess_text(tmp_path, text)
    assert (guess.columns, guess.said_no) == ({"e-mail": "Email"}, ())
    assert guess.about_mail == ("",)
    assert guess_text(tmp_path, ",Size,Age\nclara@example.com,3,4\n").missing == ("e-mail",)


def test_a_file_without_headings_loses_nobody(tmp_path: Path) -> None:
    with pytest.raises(SourceDataError, match="first line must name the columns"):
        guess_text(tmp_path, "ana@example.com\nbruno@example.com\n")


@pytest.mark.parametrize(
    ("headings", "holds"),
    [
        ("Code,Recipient email,Amount,Created", "orders"),
        ("Email,First name,Amount,Created", "customers"),
        ("Reservation ID,Date,Guest email,Guest name,Party size", "orders"),
    ],
)
def test_dates_and_sums_of_people_without_names_are_orders(headings: str, holds: str) -> None:
    assert guess_columns(headings.split(",")).holds == holds


def test_a_title_above_the_headings_is_passed_over(tmp_path: Path) -> None:
    text = "Our customers\n\nE-mail,First name,Newsletter\nclara@example.com,Clara,yes\n"
    guess = guess_text(tmp_path, text + "ana@example.com,Ana,no\n")
    assert guess.columns == {
        "e-mail": "E-mail",
        "first name": "First name",
        "consent": "Newsletter",
    }


def test_a_long_list_of_headings_is_cut_and_counted() -> None:
    assert shorten_headings(["A", "", "C"]) == "A, (no name), C"
    assert shorten_headings([*"ABCDEFGHIJ"]) == "A, B, C, D, E, F, G, H and 2 more"
