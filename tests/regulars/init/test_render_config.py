"""Whatever an owner answers, the file says it, and `regulars check` finds nothing."""

from __future__ import annotations

import string
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors import parse_values
from connectors.config import CsvCustomers
from engine.config.owner_config import OwnersFile, read_owners_file
from loyalty.config import DEAREST
from regulars.commands.init.answers import (
    BIRTHDAYS,
    CARTS,
    Answers,
    MailServer,
    OnlineShop,
    Rows,
    SendGridAccount,
    Till,
)
from regulars.commands.init.parse_answers import words
from regulars.commands.init.render_config import file_text
from regulars.commands.init.yaml_quote import cleaned

ODD = (
    'Café: "Ana\'s" #1',
    "no",
    "~",
    "- x",
    "[a, b]",
    "{a: b}",
    "21:00",
    "$NAME",
    "a # b",
    "&x *y",
)
NAMES = ("SHOPIFY_CLIENT_ID", "SHOPIFY_CLIENT_SECRET", "SQUARE_ACCESS_TOKEN", "SENDGRID_API_KEY")
KEYS = dict.fromkeys([*NAMES, "SMTP_PASSWORD"], "a-key")


def texts() -> Any:
    """What may be typed, as it is taken: tidied up, and not empty."""
    anything = st.one_of(st.text(max_size=60), st.sampled_from(ODD), st.text(string.punctuation))
    return anything.map(cleaned).filter(bool)


def addresses() -> Any:
    """Also with the signs before the @ that mean something in YAML (RFC 5322 §3.2.3)."""
    signs = st.text(string.ascii_letters + string.digits + "!#$%&'*+/=?^_`{|}~-", min_size=1)
    return signs.map(lambda name: f"{name[:60]}@example.com")


def of_a_platform() -> Any:
    """What a till calls its rewards: nobody has tidied it up."""
    odd = st.sampled_from(("<<", "\ufeffA cake", "A \ufeff cake", "\u2028", "\ufffe"))
    return (odd | st.text(max_size=60)).map(parse_values.text).filter(bool)


def not_names() -> Any:
    return texts().filter(lambda text: not text.startswith("$"))


PLATFORMS: dict[str, Any] = {
    "online_shop": st.none()
    | st.builds(OnlineShop, st.just("a-shop.myshopify.com"), later=st.booleans()),
    "till": st.none()
    | st.builds(
        Till,
        points=st.booleans(),
        rewards=st.dictionaries(of_a_platform(), st.integers(1, 2 * DEAREST), max_size=3),
        later=st.booleans(),
    ),
    "others_mail": st.frozensets(st.sampled_from([CARTS, BIRTHDAYS])),
    "sending": st.none()
    | st.builds(SendGridAccount, eu=st.booleans(), later=st.booleans())
    | st.builds(
        MailServer,
        st.just("smtp.example.com"),
        st.none() | st.integers(1, 65535),
        st.none() | not_names(),
        later=st.booleans(),
    ),
    "public_address": st.sampled_from([None, "https://mail.example.com", "https://a.example/x,y"]),
}
LISTS = st.builds(
    Rows,
    st.just("customers.csv"),
    st.just("customers"),
    st.fixed_dictionaries({"e-mail": texts()}, optional={"birthday": texts()}),
    st.none() | not_names(),
)


@settings(max_examples=60)
@given(
    said=st.fixed_dictionaries({"name": texts(), "postal_address": texts()}),
    person=st.none() | texts(),
    e_mail=addresses(),
    more=st.fixed_dictionaries({}, optional=PLATFORMS),
    files=st.lists(LISTS, max_size=2).map(tuple),
)
@example(
    said={"name": 'Café: "Ana\'s" #1', "postal_address": "c/o: 'x' \\ 3 — 🥐"},
    person='Ana "the boss" <x>',
    e_mail="{`%*!@example.com",
    more={
        "online_shop": OnlineShop("a-shop.myshopify.com"),
        "till": Till(points=True, rewards={"<<": 1, "\ufeffA cake": 2, "\ufeff": 3}),
    },
    files=(Rows("customers.csv", "customers", {"e-mail": "E: {Mail}, #1"}, "yes: 'all' #"),),
)
def test_the_file_says_what_was_answered(
    said: dict[str, Any],
    person: str | None,
    e_mail: str,
    more: dict[str, Any],
    files: tuple[Rows, ...],
) -> None:
    answers = Answers(
        **said, person=person, files=files, country="PT", currency="EUR",
        timezone="Europe/Lisbon", e_mail=e_mail, **more,
    )  # fmt: skip
    file = read(file_text(answers))
    shop = file.shop
    assert (shop.name, shop.postal_address) == (answers.name, answers.postal_address)
    assert (shop.public_address, shop.reply_to) == (answers.public_address, e_mail)
    assert (file.sending.from_.name, file.sending.from_.address) == (answers.sender, e_mail)
    assert file.sending.through == "outbox"
    for rows, source in zip(files, lists_in(file), strict=True):
        assert source.columns.e_mail == rows.columns["e-mail"]
        assert source.imported_consent == rows.imported_consent
    sending = answers.sending
    assert file.sending.only_to == ((e_mail,) if sending else ())
    if isinstance(sending, MailServer) and not sending.later:
        assert file.sending.smtp
        assert (file.sending.smtp.port, file.sending.smtp.user) == (sending.port, sending.user)
    if answers.till and not answers.till.later and answers.till.points:
        assert file.loyalty
        told = answers.till.rewards.items()
        known = {cleaned(name): many for name, many in told if cleaned(name) and many <= DEAREST}
        assert {name: one.count for name, one in file.loyalty.rewards.items()} == known


def lists_in(file: OwnersFile) -> list[CsvCustomers]:
    return [source for source in file.sources.values() if isinstance(source, CsvCustomers)]


def read(text: str) -> OwnersFile:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(text, encoding="utf-8")
        return read_owners_file(path, KEYS)


def test_what_no_editor_shows_is_taken_out_of_an_answer() -> None:
    assert words(cleaned(" Corner\tCafé\u2028\x07 \ufeffLisboa\n")) == "Corner Café Lisboa"
