"""The rendered config holds every answer and has no mistake."""

from __future__ import annotations

import string
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors import parse_values
from connectors.csv.config import CsvCustomers
from connectors.shopify.init import SETUP as SHOPIFY
from connectors.square.init import SETUP as SQUARE
from engine.config.owner_config import OwnerConfig, load_owner_config
from loyalty.config import MAX_REWARD_POINTS
from mail.senders.interview import SendingChoice
from mail.senders.sendgrid.interview import config_options as sendgrid_options
from mail.senders.smtp.config import Smtp
from mail.senders.smtp.interview import config_options
from regulars.init.answers import (
    BIRTHDAYS,
    CARTS,
    Answers,
    BrandAnswers,
    CsvFile,
    PlatformAnswers,
)
from regulars.init.render_config import render_config
from regulars.init.starter_rules import points_platform
from settings.brand.config import Brand
from settings.questions import short_text
from settings.values import Secret
from settings.yaml.quote import clean_line
from tests.examples import examples

ODD_TEXTS = (
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
    """Typed texts after clean-up, not empty."""
    raw_texts = st.one_of(
        st.text(max_size=60), st.sampled_from(ODD_TEXTS), st.text(string.punctuation)
    )
    return raw_texts.map(clean_line).filter(bool)


def addresses() -> Any:
    """Addresses with every character of RFC 5322 §3.2.3, some of which are special in YAML."""
    signs = st.text(string.ascii_letters + string.digits + "!#$%&'*+/=?^_`{|}~-", min_size=1)
    return signs.map(lambda name: f"{name[:60]}@example.com")


def platform_texts() -> Any:
    """Names of rewards as a platform returns them, without clean-up."""
    odd_texts = st.sampled_from(("<<", "\ufeffA cake", "A \ufeff cake", "\u2028", "\ufffe"))
    return (odd_texts | st.text(max_size=60)).map(parse_values.single_line).filter(bool)


def not_names() -> Any:
    return texts().filter(lambda text: not text.startswith("$"))


def sendgrid_choice(*, eu: bool, later: bool) -> SendingChoice:
    return SendingChoice("sendgrid", sendgrid_options("eu" if eu else "global"), later=later)


def mail_server_choice(port: int | None, user: str | None, *, later: bool) -> SendingChoice:
    login = {"user": user, "password": Secret("granola")} if user else {}
    account = Smtp.model_validate({"server": "smtp.example.com", "port": port, **login})
    return SendingChoice("smtp", tuple(config_options(account)), later=later)


STORE = {"store": "a-shop.myshopify.com"}
SHOPS = st.builds(PlatformAnswers, st.just(SHOPIFY), st.just(STORE), later=st.booleans())
TILLS = st.builds(
    PlatformAnswers,
    st.just(SQUARE),
    points=st.booleans(),
    rewards=st.dictionaries(platform_texts(), st.integers(1, 2 * MAX_REWARD_POINTS), max_size=3),
    later=st.booleans(),
)
OPTIONAL: dict[str, Any] = {
    "brand": st.builds(BrandAnswers, st.none() | st.just("#00aa55")),
    "platforms": st.just(()) | st.tuples(SHOPS) | st.tuples(TILLS) | st.tuples(SHOPS, TILLS),
    "others_mail": st.frozensets(st.sampled_from([CARTS, BIRTHDAYS])),
    "sending": st.none()
    | st.builds(sendgrid_choice, eu=st.booleans(), later=st.booleans())
    | st.builds(
        mail_server_choice,
        st.none() | st.integers(1, 65535),
        st.none() | not_names(),
        later=st.booleans(),
    ),
    "public_address": st.sampled_from([None, "https://mail.example.com", "https://a.example/x,y"]),
}
CSV_FILES = st.builds(
    CsvFile,
    st.just("customers.csv"),
    st.just("customers"),
    st.fixed_dictionaries({"e-mail": texts()}, optional={"birthday": texts()}),
    st.sampled_from(
        [None, "asked for it online, since 1 June 2024", "they said: 'yes', in a form"]
    ),
)


@settings(max_examples=examples(30))
@given(
    texts_=st.fixed_dictionaries({"name": texts(), "postal_address": texts()}),
    person=st.none() | texts(),
    e_mail=addresses(),
    optional=st.fixed_dictionaries({}, optional=OPTIONAL),
    files=st.lists(CSV_FILES, max_size=2).map(tuple),
)
@example(
    texts_={"name": 'Café: "Ana\'s" #1', "postal_address": "c/o: 'x' \\ 3 — 🥐"},
    person='Ana "the boss" <x>',
    e_mail="{`%*!@example.com",
    optional={
        "platforms": (
            PlatformAnswers(SHOPIFY, STORE),
            PlatformAnswers(SQUARE, points=True, rewards={"<<": 1, "\ufeffA cake": 2, "\ufeff": 3}),
        )
    },
    files=(
        CsvFile("customers.csv", "customers", {"e-mail": "E: {Mail}, #1"}, "ticked a box: 'all' #"),
    ),
)
def test_the_config_holds_every_answer(
    texts_: dict[str, Any],
    person: str | None,
    e_mail: str,
    optional: dict[str, Any],
    files: tuple[CsvFile, ...],
) -> None:
    answers = Answers(
        **texts_, person=person, files=files, country="PT", currency="EUR",
        timezone="Europe/Lisbon", e_mail=e_mail, **optional,
    )  # fmt: skip
    owner_config = read(render_config(answers))
    shop = owner_config.shop
    assert (shop.name, shop.postal_address) == (answers.name, answers.postal_address)
    assert (shop.public_address, shop.reply_to) == (answers.public_address, e_mail)
    assert (owner_config.sending.from_.name, owner_config.sending.from_.address) == (
        answers.sender,
        e_mail,
    )
    assert owner_config.sending.through == "outbox"
    brand = owner_config.brand or Brand()
    assert BrandAnswers(brand.colour, brand.logo) == answers.brand
    for rows, source in zip(files, lists_in(owner_config), strict=True):
        assert source.columns.e_mail == rows.columns["e-mail"]
        vouched = source.imported_consent
        assert (str(vouched) if vouched else None) == rows.imported_consent
    sending = answers.sending
    assert owner_config.sending.only_to == ((e_mail,) if sending else ())
    if sending and sending.name == "smtp" and not sending.later:
        account = owner_config.sending.block(Smtp)
        assert account
        assert tuple(config_options(account)) == sending.options
    if platform := points_platform(answers):
        assert owner_config.loyalty
        rewards = platform.rewards.items()
        expected = {
            clean_line(name): points
            for name, points in rewards
            if clean_line(name) and points <= MAX_REWARD_POINTS
        }
        assert {
            name: reward.count for name, reward in owner_config.loyalty.rewards.items()
        } == expected


def lists_in(owner_config: OwnerConfig) -> list[CsvCustomers]:
    return [source for source in owner_config.sources.values() if isinstance(source, CsvCustomers)]


def read(text: str) -> OwnerConfig:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(text, encoding="utf-8")
        return load_owner_config(path, KEYS)


def test_invisible_characters_are_removed_from_an_answer() -> None:
    assert short_text(clean_line(" Corner\tCafé\u2028\x07 \ufeffLisboa\n")) == "Corner Café Lisboa"
