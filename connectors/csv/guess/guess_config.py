"""Guesses from a file's column headings and values what it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from connectors.csv.guess.column_values import (
    ValuesByColumn,
    has_several_words,
    is_address,
    summarize_columns,
)
from connectors.csv.guess.consent_columns import (
    columns_about_mail,
    find_consent_columns,
    is_date_column,
    names_opt_outs,
)
from connectors.csv.guess.file_headings import ENOUGH, NEARLY_ALL, Headings
from connectors.csv.guess.headings import (
    CREATED,
    GENERIC_NAME,
    heading_words,
    significant_words,
)
from connectors.csv.table import inspect_table
from settings.errors import SourceDataError

CUSTOMERS, ORDERS, ANSWERS = "customers", "orders", "answers"
CUSTOMER_ROLES = (
    "e-mail", "customer", "first name", "last name", "name", "phone", "birthday", "joined",
    "language", "timezone", "consent", "since",
)  # fmt: skip
ORDER_ROLES = (
    "customer", "when", "time", "total", "order", "product", "quantity", "channel", "status",
    "refunded", "cancelled", "currency", "category", "kind", "balance", "refund of",
)  # fmt: skip
ANSWER_ROLES = ("customer", "when", "time", "csat", "nps", "words", "survey")
BARE_CUSTOMER = frozenset({"e-mail", "customer", "joined"})
NEEDED_ROLES = {
    CUSTOMERS: ("e-mail",), ORDERS: ("customer", "when", "total"), ANSWERS: ("customer", "when"),
}  # fmt: skip
# Headings about payment and delivery, which only orders have.
PAYMENT = frozenset({
    "financialstatus", "paymentstatus", "orderstatus", "transactionstatus", "fulfillmentstatus",
    "fulfilmentstatus", "paymentmethod", "paymenttype", "paymentid", "cardbrand", "zahlungsart",
    "zahlungsstatus", "metododepagamento", "formadepagamento", "metododepago", "formadepago",
    "modedepaiement", "metodopagamento", "betaalmethode", "subtotal", "discountcode", "couponcode",
    "refundedamount", "amountrefunded", "captured", "fee", "fees", "tip", "tipamount", "paidat",
    "paidon", "datepaid", "paymentdate",
})  # fmt: skip
WORDS_OF_ORDERS = frozenset({"order", "grand", "encomenda", "pedido", "commande", "ordine"})
WORDS_OF_LINES = frozenset({"line", "item", "lineitem", "sales"})
# The address in such a column is not the customer's.
NOT_THE_CUSTOMER = frozenset({
    "to", "staff", "employee", "owner", "seller", "merchant", "shop", "store", "agent", "assigned",
    "referrer", "sender", "company", "domain", "reply", "bcc", "cc",
})  # fmt: skip


@dataclass(frozen=True)
class GuessedConfig:
    """What the file holds, its columns by role, and the roles for which no column was found.

    `headings` are all columns of the file, `said_no` those of opt-outs, and `about_mail` all that
    say anything about who may be mailed, so that nobody can vouch for the whole list.
    `total_is_of` is the order or the line, where the heading of the totals says it.
    `is_opt_out_list` is true where only the file's name says that nobody in it may be mailed.
    `preset` is the name of the preset that the file fits. `own_columns` are the headings of filled
    columns of customers that nothing else reads: the owner's own.
    """

    holds: str
    columns: Mapping[str, str]
    missing: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    said_no: tuple[str, ...] = ()
    about_mail: tuple[str, ...] = ()
    total_is_of: str | None = None
    is_opt_out_list: bool = False
    preset: str | None = None
    own_columns: tuple[str, ...] = ()


def guess_config(path: Path, source: str) -> GuessedConfig:
    """Return the guess for the file at `path`; raises where the file cannot be read."""
    headings = read_headings(path, source)
    if headings is None:
        return GuessedConfig(CUSTOMERS, {}, is_opt_out_list=True)
    guess = guess_columns(headings.names, headings.row_count, headings.values)
    return mark_opt_out_list(guess, headings, path.name)


def read_headings(path: Path, source: str) -> Headings | None:
    """Return the headings of the file at `path` with the values of its columns.

    None for a list without headings whose name says that nobody in it may be mailed. Raises where
    the file cannot be read.
    """
    table = inspect_table(path, source)
    if not any(map(is_address, table.columns)):
        return Headings(table.columns, *summarize_columns(table))
    if names_opt_outs(path.name):
        return None
    raise SourceDataError(
        f"{path.name}: its first line must name the columns, and holds an address instead. "
        "Write a line above it with a name for each column, like E-mail."
    )


def mark_opt_out_list(guess: GuessedConfig, headings: Headings, file_name: str) -> GuessedConfig:
    """Return `guess`, as a list of opt-outs where `file_name` says so and no column says more."""
    is_opt_out_list = names_opt_outs(file_name) and not _says_who(guess, headings.values)
    return replace(guess, is_opt_out_list=guess.holds == CUSTOMERS and is_opt_out_list)


def _says_who(guess: GuessedConfig, values: ValuesByColumn) -> bool:
    """Return whether a column says who may be mailed: a date of a yes may be older than the no."""
    consent = guess.columns.get("consent")
    return bool(guess.said_no) or bool(consent and not is_date_column(values[consent]))


def guess_columns(
    columns: Sequence[str], row_count: int = 0, values: ValuesByColumn | None = None
) -> GuessedConfig:
    """Return the guess for headings `columns`; without `values` from the headings alone."""
    headings = Headings(columns, row_count, values or {})
    orders = _guess_orders(headings)
    answers = _guess_answers(headings)
    evidence = _order_evidence(headings, orders)
    if _is_complete(ORDERS, orders) and (evidence >= 3 or not _is_created(orders["when"])):
        return _guessed(ORDERS, orders, headings)
    if _is_complete(ANSWERS, answers) and not _is_created(answers["when"]):
        return _guessed(ANSWERS, answers, headings)
    customers = _guess_customers(headings)
    # Nothing but addresses, dates and sums: a customer would at least have a name.
    if _is_complete(ORDERS, orders) and not set(customers) - BARE_CUSTOMER:
        return _guessed(ORDERS, orders, headings)
    if "birthday" not in customers and evidence >= 3:
        return _guessed(ORDERS, orders, headings)
    return _guessed(CUSTOMERS, customers, headings)


def guess_columns_as(holds: str, headings: Headings) -> GuessedConfig:
    """Return the columns of a file that holds `holds`, as its owner says."""
    guesses = {ORDERS: _guess_orders, ANSWERS: _guess_answers, CUSTOMERS: _guess_customers}
    return _guessed(holds, guesses[holds](headings), headings)


def _guessed(holds: str, columns: Mapping[str, str], headings: Headings) -> GuessedConfig:
    missing = [role for role in NEEDED_ROLES[holds] if role not in columns]
    if holds == CUSTOMERS and "customer" in columns:
        missing = []
    consent = find_consent_columns(headings.by_name())
    return GuessedConfig(
        holds,
        columns,
        tuple(missing),
        tuple(headings.names),
        consent.said_no if holds == CUSTOMERS else (),
        columns_about_mail(headings.values),
        _total_is_of(columns) if holds == ORDERS else None,
    )


def _total_is_of(columns: Mapping[str, str]) -> str | None:
    """Return what the heading of the totals says that they are of; None where it does not."""
    words = set(heading_words(columns.get("total", "")))
    if "order" in columns and words & WORDS_OF_ORDERS:
        return "the order"
    return "the line" if "product" in columns and words & WORDS_OF_LINES else None


def _is_complete(holds: str, columns: Mapping[str, str]) -> bool:
    if holds == ANSWERS and not {"csat", "nps", "words"} & set(columns):
        return False
    return all(role in columns for role in NEEDED_ROLES[holds])


def _is_created(heading: str) -> bool:
    """Return whether `heading` is a date of creation, which customers have as well as orders."""
    return "".join(significant_words(heading_words(heading))) in CREATED.split()


def _guess_orders(headings: Headings) -> dict[str, str]:
    when = headings.best_filled("when")
    chosen = {
        "customer": _buyer(headings),
        "when": when,
        "time": None if when and headings.has_times(when) else headings.best("time"),
        "total": headings.best("total"),
        "order": _order_number(headings),
        "product": headings.best("product"),
        "quantity": headings.best("quantity"),
        "channel": headings.best("channel") if headings.row_count else None,
        "status": headings.best_filled("status"),
        "refunded": headings.best("refunded"),
        "cancelled": headings.best("cancelled"),
        "currency": headings.best("currency"),
        "category": headings.best("category"),
    }
    return _select(ORDER_ROLES, chosen)


def _guess_answers(headings: Headings) -> dict[str, str]:
    chosen = {role: headings.best(role) for role in ANSWER_ROLES}
    when = chosen["when"]
    return _select(
        ANSWER_ROLES,
        {
            **chosen,
            "customer": _buyer(headings),
            "time": None if when and headings.has_times(when) else chosen["time"],
        },
    )


def _guess_customers(headings: Headings) -> dict[str, str]:
    chosen = {role: headings.best(role) for role in CUSTOMER_ROLES}
    key = headings.best_filled("customer") or _exact(headings, "id")
    names = _name_columns(headings, chosen["first name"], chosen["last name"])
    consent = find_consent_columns(headings.by_name())
    return _select(
        CUSTOMER_ROLES,
        {
            **chosen,
            "e-mail": _address(headings),
            "customer": key,
            "consent": consent.consent,
            "since": consent.since,
            **names,
        },
    )


def _select(roles: Sequence[str], chosen: Mapping[str, str | None]) -> dict[str, str]:
    """Return the columns by role; the first role keeps a column that several roles want."""
    columns: dict[str, str] = {}
    for role in roles:
        heading = chosen.get(role)
        if heading is not None and heading not in columns.values():
            columns[role] = heading
    return columns


def _buyer(headings: Headings) -> str | None:
    """Return the column that names the customer of an order or answer.

    An address identifies a customer in every source, a number only in its own list.
    """
    address = _address(headings)
    if address and (headings.column(address).filled or not headings.row_count):
        return address
    return headings.best_filled("customer")


def _address(headings: Headings) -> str | None:
    """Return the column of the customer's e-mail address, if need be by its values alone."""
    if heading := headings.best("e-mail"):
        return heading
    return next(
        (
            name
            for name in headings.by_name()
            if headings.column(name).filled
            and headings.column(name).share(is_address) >= NEARLY_ALL
            and not NOT_THE_CUSTOMER & set(heading_words(name))
        ),
        None,
    )


def _order_number(headings: Headings) -> str | None:
    """Return the column that is the same in all rows of an order."""
    if heading := headings.best_filled("order"):
        return heading
    name = _exact(headings, "name")
    # Shopify calls the number of an order its name: #1001.
    if name and _has_line_items(headings):
        return name
    identifier = _exact(headings, "id")
    if identifier and headings.column(identifier).filled == headings.row_count:
        return identifier
    return None


def _exact(headings: Headings, word: str) -> str | None:
    matching = [name for name in headings.names if "".join(heading_words(name)) == word]
    return matching[0] if len(matching) == 1 else None


def _has_line_items(headings: Headings) -> bool:
    return any("".join(heading_words(name)).startswith("lineitem") for name in headings.names)


def _order_evidence(headings: Headings, orders: Mapping[str, str]) -> int:
    """Return how much speaks for a file of orders: 3 is enough."""
    compact = {"".join(heading_words(name)) for name in headings.names}
    has_number = headings.best_filled("order") is not None
    return (
        3 * has_number
        + 2 * _has_line_items(headings)
        + min(2, len(PAYMENT & compact))
        + sum(role in orders for role in ("total", "product", "quantity"))
        + ("when" in orders and not _is_created(orders["when"]))
    )


def _name_columns(headings: Headings, first: str | None, last: str | None) -> dict[str, str | None]:
    """Return the columns of first name, last name and full name.

    "Name" is the last name beside a first name, the first name beside a last name, and otherwise
    a full name. "Nome" and "Nombre" alone are a first name unless their values are longer.
    """
    generic = next(
        (name for word in GENERIC_NAME.split() if (name := _generic_name(headings, word))), None
    )
    full = headings.best("name")
    if first and last:
        return {"first name": first, "last name": last, "name": None}
    if first:
        return {"first name": first, "last name": generic, "name": None}
    if last:
        return {"first name": generic, "last name": last, "name": None if generic else full}
    if full or generic is None:
        return {"first name": None, "last name": None, "name": full}
    values = headings.column(generic)
    is_first_name = heading_words(generic)[0] in ("nome", "nombre") and not (
        values.filled and values.share(has_several_words) >= ENOUGH
    )
    role, other = ("first name", "name") if is_first_name else ("name", "first name")
    return {role: generic, other: None, "last name": None}


def _generic_name(headings: Headings, word: str) -> str | None:
    matching = [
        name
        for name in headings.names
        if significant_words(heading_words(name)) == [word] and headings.names.count(name) == 1
    ]
    return matching[0] if len(matching) == 1 else None
