"""Eight questions: what is asked, what is tried, and what comes to stand in the owner's file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer.main

from connectors.csv.config import CsvAnswers, CsvCustomers
from connectors.shopify.config import ShopifySource
from connectors.square.config import SquareSource
from connectors.woocommerce.config import WooCommerceSource
from mail.senders.sendgrid import interview as sendgrid_questions
from mail.senders.sendgrid.config import SendGrid
from mail.senders.smtp import interview as smtp_questions
from mail.senders.smtp.config import Smtp
from regulars.cli import app
from regulars.init import questions
from regulars.init.answers import Answers
from regulars.init.interview import interview
from regulars.init.probe import World
from regulars.init.questions import ALL_QUESTIONS, QUESTION_COUNT
from regulars.init.terminal_user import Owner
from sandbox.shopify.tokens import CLIENT_ID, CLIENT_SECRET
from sandbox.square.server import ACCESS_TOKEN
from sandbox.woocommerce.server import CONSUMER_KEY, CONSUMER_SECRET
from settings.errors import UnavailableError, WrongUsageError
from settings.questions import Question
from tests.connectors.corner_cafe import SMALL_CAFE
from tests.mail.senders.smtp_server import PASSWORD, USER, mail_server
from tests.regulars.init.scripted_owner import (
    ADDRESS_QUESTION,
    BASICS,
    CLIENT_ID_QUESTION,
    CONSUMER_SECRET_QUESTION,
    KEY_QUESTION,
    SECRET_QUESTION,
    SHOPIFY,
    SQUARE,
    STORE,
    TOKEN_QUESTION,
    VALID_KEY,
    WEB_SHOP_HOST,
    WOOCOMMERCE,
    Interview,
    NoNetwork,
    Platforms,
    check_config,
)
from triggers.config import Send

NO_KEY = "The key holds a space or another character no key has. Copy it again."
CUSTOMERS = "E-Mail,Vorname,Geburtstag\nana@example.com,Ana,1990-09-21\n"


def test_there_are_eight_questions_and_what_they_lead_to() -> None:
    numbers = [question.number for question in ALL_QUESTIONS if question.number]
    assert numbers == list(range(1, QUESTION_COUNT + 1)) == list(range(1, 9))


def test_every_question_can_be_answered_by_an_option_or_the_environment() -> None:
    group: Any = typer.main.get_command(app)
    options = {name for parameter in group.commands["init"].params for name in parameter.opts}
    assert {question.flag for question in ALL_QUESTIONS if question.flag} <= options
    # What it runs on is said by the options of the platforms.
    without_option = [question for question in ALL_QUESTIONS if not (question.flag or question.key)]
    assert without_option == [questions.RUNS_ON]


def test_a_shop_without_sources_gets_a_valid_config(tmp_path: Path) -> None:
    owner = Interview(tmp_path)
    file = owner.write_config()
    assert len(owner.asked_questions) == QUESTION_COUNT
    assert (file.shop.name, file.shop.country, file.shop.currency) == ("Corner Café", "PT", "EUR")
    assert (file.shop.timezone, file.shop.public_address) == ("Europe/Lisbon", None)
    assert str(file.sending.from_) == "Ana at Corner Café <ana@cornercafe.example>"
    assert (file.sending.through, list(file.rules), file.sources) == ("outbox", ["welcome"], {})


def test_a_key_is_tried_at_once_and_the_platform_supplies_currency_and_timezone(
    tmp_path: Path,
) -> None:
    owner = Interview(tmp_path, {**SHOPIFY, questions.COUNTRY: ["Brazil"]})
    file = owner.write_config()
    assert "Shopify knows the keys: Corner Café." in owner.printed
    assert (file.shop.currency, file.shop.timezone) == ("EUR", "Europe/Lisbon")
    assert questions.TIMEZONE not in owner.asked_questions
    [(name, source)] = file.sources.items()
    assert isinstance(source, ShopifySource)
    assert (name, source.store) == ("online-shop", "corner-cafe.myshopify.com")
    assert source.client_secret.reveal() == CLIENT_SECRET
    assert list(file.rules) == ["abandoned-cart", "we-miss-you", "birthday", "welcome"]


def test_a_rejected_key_is_explained_and_asked_again(tmp_path: Path) -> None:
    keys = {
        CLIENT_ID_QUESTION: [CLIENT_ID] * 2,
        SECRET_QUESTION: ["mistyped", CLIENT_SECRET],
    }
    owner = Interview(tmp_path, {**SHOPIFY, **keys})
    assert list(owner.write_config().sources) == ["online-shop"]
    assert owner.asked_questions.count(SECRET_QUESTION) == 2
    assert "Shopify does not accept the client id or client secret" in owner.output
    assert "mistyped" not in (tmp_path / ".env").read_text()


KEYS = (CLIENT_ID_QUESTION, SECRET_QUESTION, TOKEN_QUESTION, sendgrid_questions.API_KEY)


@pytest.mark.parametrize("question", KEYS, ids=lambda question: question.key)
@pytest.mark.parametrize("mistyped", ["clé", "a key", "a\u00a0key"])
def test_a_malformed_key_is_explained_and_asked_again(
    tmp_path: Path, question: Question, mistyped: str
) -> None:
    script = {
        questions.RUNS_ON: ["shopify, square"],
        STORE: ["corner-cafe"],
        CLIENT_ID_QUESTION: [CLIENT_ID],
        SECRET_QUESTION: [CLIENT_SECRET],
        TOKEN_QUESTION: [ACCESS_TOKEN],
        questions.SEND_THROUGH: ["sendgrid"],
        sendgrid_questions.API_KEY: [VALID_KEY],
    }
    owner = Interview(tmp_path, {**script, question: [mistyped, *script[question]]})
    file = owner.write_config()
    assert (list(file.sources), bool(file.sending.block(SendGrid))) == (
        ["online-shop", "till"],
        True,
    )
    assert owner.asked_questions.count(question) == 2
    assert owner.printed.count(NO_KEY) == 1


@pytest.mark.parametrize("platforms", [Platforms(), NoNetwork()])
def test_enter_leaves_a_platform_for_later(tmp_path: Path, platforms: Platforms) -> None:
    wrong_keys = {CLIENT_ID_QUESTION: ["typed"], SECRET_QUESTION: ["wrongly"]}
    owner = Interview(tmp_path, {**SHOPIFY, **wrong_keys}, platforms)
    file = owner.write_config()
    assert (list(file.rules), file.sources) == (["welcome"], {})
    assert "Left for later" in owner.output
    assert not (tmp_path / ".env").exists()
    uncomment(tmp_path / "config.yaml")
    (tmp_path / ".env").write_text("SHOPIFY_CLIENT_ID=a\nSHOPIFY_CLIENT_SECRET=b\n")
    later = check_config(tmp_path)
    assert list(later.sources) == ["online-shop"]
    assert {"abandoned-cart", "we-miss-you", "birthday"} < set(later.rules)


def uncomment(config: Path) -> None:
    """As the file says: the # of each line that waits."""
    lines = config.read_text().splitlines(keepends=True)
    commented = ("# sources:", "#   ")
    config.write_text("".join(line[2:] if line.startswith(commented) else line for line in lines))


def test_the_store_can_be_corrected(tmp_path: Path) -> None:
    script = {
        STORE: ["!", "cafe", "corner-cafe"],
        CLIENT_ID_QUESTION: [CLIENT_ID] * 2,
        SECRET_QUESTION: ["mistyped", CLIENT_SECRET],
    }
    [source] = Interview(tmp_path, {**SHOPIFY, **script}).write_config().sources.values()
    assert isinstance(source, ShopifySource)
    assert source.store == "corner-cafe.myshopify.com"


def test_commented_rule_options_can_be_uncommented(tmp_path: Path) -> None:
    Interview(tmp_path, SHOPIFY).write_config()
    config = tmp_path / "config.yaml"
    text = config.read_text()
    assert text.count("# with: ") == 2
    config.write_text(text.replace("# with: ", "with: ").replace("# include", "include"))
    rules = check_config(tmp_path).rules
    assert rules["we-miss-you"].include_backlog
    assert [step.with_ for step in rules["birthday"].then if isinstance(step, Send)] == [
        {"treat": "a gift", "valid for": "14 days"}
    ]


def test_a_list_of_orders_brings_the_lapsed_customer_rule(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("Email,Date,Amount\nana@example.com,2026-03-01,3.50\n")
    owner = Interview(tmp_path, {questions.RUNS_ON: ["list"], questions.FILE: ["orders.csv"]})
    assert list(owner.write_config().rules) == ["we-miss-you", "welcome"]


def test_an_unreachable_platform_is_explained_without_sync_phrases(tmp_path: Path) -> None:
    owner = Interview(tmp_path, SQUARE, NoNetwork())
    assert owner.write_config().sources == {}
    [message] = [line for line in owner.printed if "gave no usable answer" in line]
    assert "What was read" not in message


def test_a_web_shop_is_set_up_with_its_address_and_keys(tmp_path: Path) -> None:
    secrets = ["mistyped", CONSUMER_SECRET]
    script = {
        **WOOCOMMERCE,
        ADDRESS_QUESTION: ["cafe", WEB_SHOP_HOST, ""],
        KEY_QUESTION: [CONSUMER_KEY] * 2,
        CONSUMER_SECRET_QUESTION: secrets,
    }
    owner = Interview(tmp_path, script)
    file = owner.write_config()
    source = file.sources["web-shop"]
    assert isinstance(source, WooCommerceSource)
    assert (source.address, source.consent_from) == (f"https://{WEB_SHOP_HOST}", None)
    assert "Write the shop's web address, like https://shop.yourshop.com." in owner.printed
    assert "does not accept the consumer key" in owner.output
    assert "WooCommerce knows the keys: Corner Café." in owner.printed
    assert (file.shop.currency, file.shop.timezone) == ("EUR", "Europe/Lisbon")
    assert list(file.rules) == ["we-miss-you", "birthday", "welcome"]


def test_a_till_with_points_brings_the_rules_about_points(tmp_path: Path) -> None:
    file = Interview(tmp_path, SQUARE).write_config()
    assert isinstance(file.sources["till"], SquareSource)
    assert file.loyalty
    assert (file.loyalty.programme, "abandoned-cart" in file.rules) == ("till", False)
    assert {"points-earned", "points-expiring"} < set(file.rules)


def test_a_till_without_points_has_no_rules_about_them(tmp_path: Path) -> None:
    platforms = Platforms()
    platforms.seller.programme = None
    file = Interview(tmp_path, SQUARE, platforms).write_config()
    assert file.loyalty is None
    assert list(file.rules) == ["we-miss-you", "birthday", "welcome"]


def test_shopifys_own_cart_reminders_disable_the_cart_rule(tmp_path: Path) -> None:
    platforms = Platforms()
    baskets = sorted(SMALL_CAFE.checkouts, key=lambda checkout: checkout.created_at)
    platforms.shop.reminded = {checkout.number for checkout in baskets[-3:]}
    owner = Interview(tmp_path, SHOPIFY, platforms)
    assert "abandoned-cart" not in owner.write_config().rules
    assert f"Shopify has written about 3 of the last {len(baskets)} baskets" in owner.output
    assert "#   abandoned-cart:" in (tmp_path / "config.yaml").read_text()


def test_mail_sent_by_other_services_disables_its_rules(tmp_path: Path) -> None:
    owner = Interview(tmp_path, {**SHOPIFY, questions.OTHERS_MAIL: ["Birthdays and carts"]})
    assert list(owner.write_config().rules) == ["we-miss-you", "welcome"]
    assert "Shopify has written about none of the last" in owner.output


def test_csv_columns_are_guessed_from_their_names(tmp_path: Path) -> None:
    (tmp_path / "kunden.csv").write_text(CUSTOMERS)
    script = {
        questions.RUNS_ON: ["csv"],
        questions.FILE: ["kunde.csv", "kunden.csv"],
        questions.IMPORTED_CONSENT: ["they ticked a box: since 2024"],
    }
    owner = Interview(tmp_path, script)
    [source] = owner.write_config().sources.values()
    assert isinstance(source, CsvCustomers)
    columns = source.columns
    assert (columns.e_mail, columns.first_name) == ("E-Mail", "Vorname")
    assert (columns.birthday, columns.consent) == ("Geburtstag", None)
    assert source.imported_consent == "they ticked a box: since 2024"
    assert "Did you mean kunden.csv?" in owner.output
    assert "e-mail from E-Mail" in owner.output
    assert "/kunden.csv" in (tmp_path / ".gitignore").read_text().splitlines()


def test_survey_answers_bring_the_unhappy_customer_rule(tmp_path: Path) -> None:
    (tmp_path / "answers.csv").write_text("Email,Date,Stars\nana@example.com,2026-03-01,2\n")
    owner = Interview(tmp_path, {questions.RUNS_ON: ["csv"], questions.FILE: ["answers.csv"]})
    file = owner.write_config()
    assert isinstance(file.sources["list-of-answers"], CsvAnswers)
    assert list(file.rules) == ["unhappy-customer", "welcome"]
    assert questions.IMPORTED_CONSENT not in owner.asked_questions


def test_an_unreadable_csv_file_is_asked_for_again(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("Colour,Size\nred,3\n")
    owner = Interview(tmp_path, {questions.RUNS_ON: ["csv"], questions.FILE: ["odd.csv"]})
    assert owner.write_config().sources == {}
    assert "odd.csv has columns that say nothing to Regulars: Colour, Size." in owner.output


def test_sendgrid_stands_ready_for_the_owner_alone(tmp_path: Path) -> None:
    keys = ["SG.another", "S G", VALID_KEY]
    owner = Interview(
        tmp_path, {questions.SEND_THROUGH: ["sendgrid"], sendgrid_questions.API_KEY: keys}
    )
    sending = owner.write_config().sending
    account = sending.block(SendGrid)
    assert account
    assert (sending.through, account.region) == ("outbox", "eu")
    assert account.api_key.reveal() == VALID_KEY
    assert sending.only_to == ("ana@cornercafe.example",)
    assert "SendGrid does not know this key." in owner.output
    assert "holds a space" in owner.output


def test_a_mail_server_login_is_tried_at_once(tmp_path: Path) -> None:
    with mail_server(encryption="starttls") as server:
        script = {
            questions.SEND_THROUGH: ["smtp"],
            smtp_questions.SERVER: [f"127.0.0.1:{server.port}"] * 2,
            smtp_questions.USER: [USER] * 2,
            smtp_questions.PASSWORD: ["wrong", PASSWORD],
        }
        owner = Interview(tmp_path, script, context=server.context)
        sending = owner.write_config().sending
    account = sending.block(Smtp)
    assert account
    assert account.password
    assert (account.user, account.password.reveal()) == (USER, PASSWORD)
    assert (sending.through, account.port) == ("outbox", server.port)
    assert "does not let us in" in owner.output


@pytest.mark.parametrize("server", ["mail.example.com:99999", "mail.example.com:0"])
def test_an_invalid_port_is_refused_before_the_password(tmp_path: Path, server: str) -> None:
    owner = Interview(
        tmp_path, {questions.SEND_THROUGH: ["smtp"], smtp_questions.SERVER: [server, "-x"]}
    )
    assert owner.write_config().sending.block(Smtp) is None
    assert f"There is no port {server.partition(':')[2]}: they go from 1 to 65535." in owner.printed
    assert "Write the name of the server alone, like smtp.example.com." in owner.printed
    assert not {smtp_questions.USER, smtp_questions.PASSWORD} & set(owner.asked_questions)
    assert "mail.example.com" not in (tmp_path / "config.yaml").read_text()


def test_a_password_that_cannot_be_typed_is_asked_for_again(tmp_path: Path) -> None:
    script = {
        questions.SEND_THROUGH: ["smtp"],
        smtp_questions.SERVER: ["127.0.0.1:9"],
        smtp_questions.USER: [USER],
        smtp_questions.PASSWORD: ["a\udce9b", "pass wörd"],
    }
    owner = Interview(tmp_path, script)
    assert owner.write_config().sending.block(Smtp) is None
    assert owner.asked_questions.count(smtp_questions.PASSWORD) == 2
    assert "The password holds a character that no keyboard types. Copy it again." in owner.printed


def test_a_local_mail_server_needs_no_encryption(tmp_path: Path) -> None:
    with mail_server() as server:
        servers = [f"127.0.0.1:{server.port}"]
        script = {questions.SEND_THROUGH: ["smtp"], smtp_questions.SERVER: servers}
        sending = Interview(tmp_path, script).write_config().sending
    account = sending.block(Smtp)
    assert account
    assert (account.port, account.effective_encryption) == (server.port, "none")


def test_an_unreachable_mail_server_is_left_as_a_comment(tmp_path: Path) -> None:
    script = {questions.SEND_THROUGH: ["mail server"], smtp_questions.SERVER: ["127.0.0.1:9"]}
    file = Interview(tmp_path, script).write_config()
    assert file.sending.block(Smtp) is None
    assert "# smtp: {server: 127.0.0.1, port: 9}" in (tmp_path / "config.yaml").read_text()


def test_a_country_is_accepted_by_name_and_a_typo_gets_a_suggestion(tmp_path: Path) -> None:
    owner = Interview(tmp_path, {questions.COUNTRY: ["Portugl", "deutschland"]})
    file = owner.write_config()
    assert (file.shop.country, file.shop.timezone) == ("DE", "Europe/Berlin")
    assert "Did you mean Portugal?" in owner.output


def test_a_country_with_several_timezones_uses_the_machines_or_asks(tmp_path: Path) -> None:
    (machine_folder := tmp_path / "here").mkdir()
    (asking_folder := tmp_path / "asks").mkdir()
    usa = {questions.COUNTRY: ["USA"], questions.TIMEZONE: ["chicago"]}
    owner = Interview(machine_folder, usa)
    assert owner.write_config(clock="America/Denver").shop.timezone == "America/Denver"
    assert questions.TIMEZONE not in owner.asked_questions
    file = Interview(asking_folder, usa).write_config(clock="Europe/Lisbon")
    assert (file.shop.timezone, file.shop.currency) == ("America/Chicago", "USD")


def test_a_freemail_address_gets_a_warning(tmp_path: Path) -> None:
    owner = Interview(tmp_path, {questions.E_MAIL: ["ana", "ana@gmail.com"]})
    assert str(owner.write_config().sending.from_) == "Corner Café <ana@gmail.com>"
    assert "gmail.com lets nobody else send for its addresses." in owner.output


def test_a_public_address_is_where_the_links_lead(tmp_path: Path) -> None:
    owner = Interview(tmp_path, {questions.PUBLIC_ADDRESS: ["mail.cornercafe.example/"]})
    assert owner.write_config().shop.public_address == "https://mail.cornercafe.example"
    config = tmp_path / "config.yaml"
    config.write_text(config.read_text().replace("# sign up:", "sign up:"))
    assert check_config(tmp_path).sign_up


# Nobody at the terminal.


def scripted(folder: Path, flags: dict[str, list[str]], **keys: str) -> Answers:
    basics = {
        question.flag: list(printed)
        for question, printed in BASICS.items()
        if question.flag not in flags
    }
    printed: list[str] = []
    owner = Owner(ask=None, say=printed.append, flags={**basics, **flags}, keys=keys)
    return interview(owner, World(Platforms()), folder, {})


@pytest.mark.parametrize("question", BASICS, ids=lambda question: question.flag)
def test_a_scripts_missing_option_is_named(tmp_path: Path, question: Question) -> None:
    with pytest.raises(WrongUsageError, match=f"Say it with {question.flag}"):
        scripted(tmp_path, {question.flag: []})


def test_a_script_needs_no_more_than_four_answers(tmp_path: Path) -> None:
    answers = scripted(tmp_path, {})
    assert (answers.timezone, answers.sending, answers.platforms) == ("Europe/Lisbon", None, ())


def test_a_scripts_keys_come_from_the_environment(tmp_path: Path) -> None:
    flags = {"--square": ["yes"], "--others-mail": ["birthdays"]}
    answers = scripted(tmp_path, flags, SQUARE_ACCESS_TOKEN=ACCESS_TOKEN)
    assert answers.keys == {"SQUARE_ACCESS_TOKEN": ACCESS_TOKEN}
    with pytest.raises(WrongUsageError, match=r"\$SQUARE_ACCESS_TOKEN is not set"):
        scripted(tmp_path, flags)
    with pytest.raises(UnavailableError, match="does not accept the access token"):
        scripted(tmp_path, flags, SQUARE_ACCESS_TOKEN="wrong")
    with pytest.raises(WrongUsageError, match=rf"\$SQUARE_ACCESS_TOKEN: {NO_KEY}"):
        scripted(tmp_path, flags, SQUARE_ACCESS_TOKEN="clé")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"--country": ["Atlantis"]}, "--country: No country of that name"),
        ({"--country": ["US"]}, "Say it with --timezone"),
        ({"--country": ["Zambia"]}, "Say it with --currency"),
        ({"--e-mail": ["ana at home"]}, "--e-mail: .*is not one email address"),
        ({"--others-mail": ["the postman"]}, '--others-mail: "the" is none of them'),
        ({"--send-through": ["pigeon"]}, "--send-through: Write smtp, sendgrid or outbox"),
        ({"--public-address": ["a b"]}, "--public-address: .*is no web address"),
        ({"--name": ["x" * 201]}, "--name: That is longer"),
    ],
)
def test_a_wrong_option_is_refused_with_its_name(
    tmp_path: Path, flags: dict[str, list[str]], message: str
) -> None:
    with pytest.raises(WrongUsageError, match=message):
        scripted(tmp_path, flags)


def test_no_key_is_shown_by_accident(tmp_path: Path) -> None:
    answers = scripted(tmp_path, {"--square": ["yes"]}, SQUARE_ACCESS_TOKEN=ACCESS_TOKEN)
    assert ACCESS_TOKEN not in repr(answers)
