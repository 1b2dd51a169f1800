"""Eight questions: what is asked, what is tried, and what comes to stand in the owner's file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer.main

from connectors.config import CsvAnswers, CsvCustomers, ShopifySource, SquareSource
from regulars.cli import app
from regulars.commands.init import questions
from regulars.commands.init.answers import Answers
from regulars.commands.init.interview import everything
from regulars.commands.init.probe import World
from regulars.commands.init.questions import EVERY, HOW_MANY
from regulars.commands.init.sources import Addresses
from regulars.commands.init.terminal_user import Owner
from sandbox.shopify.tokens import CLIENT_ID, CLIENT_SECRET
from sandbox.square.server import ACCESS_TOKEN
from settings.errors import OutOfReach, WrongUse
from tests.connectors.corner_cafe import SMALL
from tests.mail.senders.smtp_server import PASSWORD, USER, mail_server
from tests.regulars.init.scripted_owner import (
    BASICS,
    FITS,
    SHOPIFY,
    SQUARE,
    Platforms,
    Sitting,
    Unplugged,
    checked,
)
from triggers.config import Send

NO_KEY = "The key holds a space or another character no key has. Copy it again."
CUSTOMERS = "E-Mail,Vorname,Geburtstag\nana@example.com,Ana,1990-09-21\n"


def test_there_are_eight_questions_and_what_they_lead_to() -> None:
    numbers = [question.number for question in EVERY if question.number]
    assert numbers == list(range(1, HOW_MANY + 1)) == list(range(1, 9))


def test_every_question_can_be_answered_by_an_option_or_the_environment() -> None:
    group: Any = typer.main.get_command(app)
    options = {name for parameter in group.commands["init"].params for name in parameter.opts}
    assert {question.flag for question in EVERY if question.flag} <= options
    # What it runs on is said by the options of the platforms.
    unsaid = [question for question in EVERY if not (question.flag or question.key)]
    assert unsaid == [questions.RUNS_ON]


def test_a_shop_that_runs_on_nothing_yet_has_a_file_that_can_be_sent(tmp_path: Path) -> None:
    owner = Sitting(tmp_path)
    file = owner.written()
    assert len(owner.asked) == HOW_MANY
    assert (file.shop.name, file.shop.country, file.shop.currency) == ("Corner Café", "PT", "EUR")
    assert (file.shop.timezone, file.shop.public_address) == ("Europe/Lisbon", None)
    assert str(file.sending.from_) == "Ana at Corner Café <ana@cornercafe.example>"
    assert (file.sending.through, list(file.rules), file.sources) == ("outbox", ["welcome"], {})


def test_a_key_is_tried_as_it_is_typed_and_the_platform_tells_of_the_shop(tmp_path: Path) -> None:
    owner = Sitting(tmp_path, {**SHOPIFY, questions.COUNTRY: ["Brazil"]})
    file = owner.written()
    assert "Shopify knows the keys: Corner Café." in owner.told
    assert (file.shop.currency, file.shop.timezone) == ("EUR", "Europe/Lisbon")
    assert questions.TIMEZONE not in owner.asked
    [(name, source)] = file.sources.items()
    assert isinstance(source, ShopifySource)
    assert (name, source.store) == ("online-shop", "corner-cafe.myshopify.com")
    assert source.client_secret.reveal() == CLIENT_SECRET
    assert list(file.rules) == ["abandoned-cart", "we-miss-you", "birthday", "welcome"]


def test_a_wrong_key_gets_its_reason_and_is_asked_again(tmp_path: Path) -> None:
    keys = {
        questions.CLIENT_ID: [CLIENT_ID] * 2,
        questions.CLIENT_SECRET: ["mistyped", CLIENT_SECRET],
    }
    owner = Sitting(tmp_path, {**SHOPIFY, **keys})
    assert list(owner.written().sources) == ["online-shop"]
    assert owner.asked.count(questions.CLIENT_SECRET) == 2
    assert "Shopify does not accept the client id or client secret" in owner.heard
    assert "mistyped" not in (tmp_path / ".env").read_text()


KEYS = (questions.CLIENT_ID, questions.CLIENT_SECRET, questions.ACCESS_TOKEN, questions.API_KEY)


@pytest.mark.parametrize("question", KEYS, ids=lambda question: question.key)
@pytest.mark.parametrize("slip", ["clé", "a key", "a\u00a0key"])
def test_what_no_key_can_be_is_told_and_asked_again(
    tmp_path: Path, question: questions.Question, slip: str
) -> None:
    said = {
        questions.RUNS_ON: ["shopify, square"],
        questions.STORE: ["corner-cafe"],
        questions.CLIENT_ID: [CLIENT_ID],
        questions.CLIENT_SECRET: [CLIENT_SECRET],
        questions.ACCESS_TOKEN: [ACCESS_TOKEN],
        questions.THROUGH: ["sendgrid"],
        questions.API_KEY: [FITS],
    }
    owner = Sitting(tmp_path, {**said, question: [slip, *said[question]]})
    file = owner.written()
    assert (list(file.sources), bool(file.sending.sendgrid)) == (["online-shop", "till"], True)
    assert owner.asked.count(question) == 2
    assert owner.told.count(NO_KEY) == 1


@pytest.mark.parametrize("platforms", [Platforms(), Unplugged()])
def test_enter_leaves_a_platform_for_later(tmp_path: Path, platforms: Platforms) -> None:
    wrong = {questions.CLIENT_ID: ["typed"], questions.CLIENT_SECRET: ["wrongly"]}
    owner = Sitting(tmp_path, {**SHOPIFY, **wrong}, platforms)
    file = owner.written()
    assert (list(file.rules), file.sources) == (["welcome"], {})
    assert "Left for later" in owner.heard
    assert not (tmp_path / ".env").exists()
    take_marks_away(tmp_path / "config.yaml")
    (tmp_path / ".env").write_text("SHOPIFY_CLIENT_ID=a\nSHOPIFY_CLIENT_SECRET=b\n")
    later = checked(tmp_path)
    assert list(later.sources) == ["online-shop"]
    assert {"abandoned-cart", "we-miss-you", "birthday"} < set(later.rules)


def take_marks_away(config: Path) -> None:
    """As the file says: the # of each line that waits."""
    lines = config.read_text().splitlines(keepends=True)
    waits = ("# sources:", "#   ")
    config.write_text("".join(one[2:] if one.startswith(waits) else one for one in lines))


def test_a_store_may_be_named_again(tmp_path: Path) -> None:
    said = {
        questions.STORE: ["!", "cafe", "corner-cafe"],
        questions.CLIENT_ID: [CLIENT_ID] * 2,
        questions.CLIENT_SECRET: ["mistyped", CLIENT_SECRET],
    }
    [source] = Sitting(tmp_path, {**SHOPIFY, **said}).written().sources.values()
    assert isinstance(source, ShopifySource)
    assert source.store == "corner-cafe.myshopify.com"


def test_what_stands_in_a_rule_as_a_comment_may_be_taken_up(tmp_path: Path) -> None:
    Sitting(tmp_path, SHOPIFY).written()
    config = tmp_path / "config.yaml"
    text = config.read_text()
    assert text.count("# with: ") == 2
    config.write_text(text.replace("# with: ", "with: ").replace("# include", "include"))
    rules = checked(tmp_path).rules
    assert rules["we-miss-you"].include_backlog
    assert [step.with_ for step in rules["birthday"].then if isinstance(step, Send)] == [
        {"treat": "a gift", "valid for": "14 days"}
    ]


def test_a_list_of_orders_brings_the_rule_about_those_who_stay_away(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("Email,Date,Amount\nana@example.com,2026-03-01,3.50\n")
    owner = Sitting(tmp_path, {questions.RUNS_ON: ["list"], questions.FILE: ["orders.csv"]})
    assert list(owner.written().rules) == ["we-miss-you", "welcome"]


def test_where_nothing_answers_it_is_said_in_words_for_a_beginning(tmp_path: Path) -> None:
    owner = Sitting(tmp_path, SQUARE, Unplugged())
    assert owner.written().sources == {}
    [said] = [one for one in owner.told if "gave no usable answer" in one]
    assert "What was read" not in said


def test_a_till_with_points_brings_the_rules_about_points(tmp_path: Path) -> None:
    file = Sitting(tmp_path, SQUARE).written()
    assert isinstance(file.sources["till"], SquareSource)
    assert file.loyalty
    assert (file.loyalty.programme, "abandoned-cart" in file.rules) == ("till", False)
    assert {"points-earned", "points-expiring"} < set(file.rules)


def test_a_till_without_points_has_no_rules_about_them(tmp_path: Path) -> None:
    platforms = Platforms()
    platforms.seller.programme = None
    file = Sitting(tmp_path, SQUARE, platforms).written()
    assert file.loyalty is None
    assert list(file.rules) == ["we-miss-you", "birthday", "welcome"]


def test_what_shopify_reminds_of_itself_is_no_rule_here(tmp_path: Path) -> None:
    platforms = Platforms()
    baskets = sorted(SMALL.checkouts, key=lambda left: left.created_at)
    platforms.shop.reminded = {left.number for left in baskets[-3:]}
    owner = Sitting(tmp_path, SHOPIFY, platforms)
    assert "abandoned-cart" not in owner.written().rules
    assert f"Shopify has written about 3 of the last {len(baskets)} baskets" in owner.heard
    assert "#   abandoned-cart:" in (tmp_path / "config.yaml").read_text()


def test_what_others_mail_is_asked_and_is_no_rule_here(tmp_path: Path) -> None:
    owner = Sitting(tmp_path, {**SHOPIFY, questions.OTHERS: ["Birthdays and carts"]})
    assert list(owner.written().rules) == ["we-miss-you", "welcome"]
    assert "Shopify has written about none of the last" in owner.heard


def test_the_columns_of_a_list_are_proposed_from_what_they_are_called(tmp_path: Path) -> None:
    (tmp_path / "kunden.csv").write_text(CUSTOMERS)
    said = {
        questions.RUNS_ON: ["csv"],
        questions.FILE: ["kunde.csv", "kunden.csv"],
        questions.SAID_YES: ["they ticked a box: since 2024"],
    }
    owner = Sitting(tmp_path, said)
    [source] = owner.written().sources.values()
    assert isinstance(source, CsvCustomers)
    columns = source.columns
    assert (columns.e_mail, columns.first_name) == ("E-Mail", "Vorname")
    assert (columns.birthday, columns.consent) == ("Geburtstag", None)
    assert source.imported_consent == "they ticked a box: since 2024"
    assert "Did you mean kunden.csv?" in owner.heard
    assert "e-mail from E-Mail" in owner.heard
    assert "/kunden.csv" in (tmp_path / ".gitignore").read_text().splitlines()


def test_answers_to_a_survey_bring_the_letter_that_says_sorry(tmp_path: Path) -> None:
    (tmp_path / "answers.csv").write_text("Email,Date,Stars\nana@example.com,2026-03-01,2\n")
    owner = Sitting(tmp_path, {questions.RUNS_ON: ["csv"], questions.FILE: ["answers.csv"]})
    file = owner.written()
    assert isinstance(file.sources["list-of-answers"], CsvAnswers)
    assert list(file.rules) == ["unhappy-customer", "welcome"]
    assert questions.SAID_YES not in owner.asked


def test_a_list_that_cannot_be_read_is_asked_for_again(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("Colour,Size\nred,3\n")
    owner = Sitting(tmp_path, {questions.RUNS_ON: ["csv"], questions.FILE: ["odd.csv"]})
    assert owner.written().sources == {}
    assert "odd.csv has columns that say nothing to Regulars: Colour, Size." in owner.heard


def test_sendgrid_stands_ready_for_the_owner_alone(tmp_path: Path) -> None:
    keys = ["SG.another", "S G", FITS]
    owner = Sitting(tmp_path, {questions.THROUGH: ["sendgrid"], questions.API_KEY: keys})
    sending = owner.written().sending
    assert sending.sendgrid
    assert (sending.through, sending.sendgrid.region) == ("outbox", "eu")
    assert sending.sendgrid.api_key.reveal() == FITS
    assert sending.only_to == ("ana@cornercafe.example",)
    assert "SendGrid does not know this key." in owner.heard
    assert "holds a space" in owner.heard


def test_a_mail_server_is_logged_in_to_at_once(tmp_path: Path) -> None:
    with mail_server(encryption="starttls") as server:
        said = {
            questions.THROUGH: ["smtp"],
            questions.SERVER: [f"127.0.0.1:{server.port}"] * 2,
            questions.USER: [USER] * 2,
            questions.PASSWORD: ["wrong", PASSWORD],
        }
        owner = Sitting(tmp_path, said, context=server.context)
        sending = owner.written().sending
    assert sending.smtp
    assert sending.smtp.password
    assert (sending.smtp.user, sending.smtp.password.reveal()) == (USER, PASSWORD)
    assert (sending.through, sending.smtp.port) == ("outbox", server.port)
    assert "does not let us in" in owner.heard


@pytest.mark.parametrize("said", ["mail.example.com:99999", "mail.example.com:0"])
def test_a_port_that_is_none_is_told_before_any_password(tmp_path: Path, said: str) -> None:
    owner = Sitting(tmp_path, {questions.THROUGH: ["smtp"], questions.SERVER: [said, "-x"]})
    assert owner.written().sending.smtp is None
    assert f"There is no port {said.partition(':')[2]}: they go from 1 to 65535." in owner.told
    assert "Write the name of the server alone, like smtp.example.com." in owner.told
    assert not {questions.USER, questions.PASSWORD} & set(owner.asked)
    assert "mail.example.com" not in (tmp_path / "config.yaml").read_text()


def test_a_password_that_cannot_be_typed_is_asked_for_again(tmp_path: Path) -> None:
    said = {
        questions.THROUGH: ["smtp"],
        questions.SERVER: ["127.0.0.1:9"],
        questions.USER: [USER],
        questions.PASSWORD: ["a\udce9b", "pass wörd"],
    }
    owner = Sitting(tmp_path, said)
    assert owner.written().sending.smtp is None
    assert owner.asked.count(questions.PASSWORD) == 2
    assert "The password holds a character that no keyboard types. Copy it again." in owner.told


def test_a_mail_server_of_this_machine_needs_no_encryption(tmp_path: Path) -> None:
    with mail_server() as server:
        where = [f"127.0.0.1:{server.port}"]
        said = {questions.THROUGH: ["smtp"], questions.SERVER: where}
        sending = Sitting(tmp_path, said).written().sending
    assert sending.smtp
    assert (sending.smtp.port, sending.smtp.secured) == (server.port, "none")


def test_a_mail_server_that_is_not_there_is_left_as_a_comment(tmp_path: Path) -> None:
    said = {questions.THROUGH: ["mail server"], questions.SERVER: ["127.0.0.1:9"]}
    file = Sitting(tmp_path, said).written()
    assert file.sending.smtp is None
    assert "# smtp: {server: 127.0.0.1, port: 9}" in (tmp_path / "config.yaml").read_text()


def test_a_country_is_known_by_its_name_and_a_slip_is_asked_about(tmp_path: Path) -> None:
    owner = Sitting(tmp_path, {questions.COUNTRY: ["Portugl", "deutschland"]})
    file = owner.written()
    assert (file.shop.country, file.shop.timezone) == ("DE", "Europe/Berlin")
    assert "Did you mean Portugal?" in owner.heard


def test_a_country_of_several_clocks_takes_that_of_the_machine_or_asks(tmp_path: Path) -> None:
    (here := tmp_path / "here").mkdir()
    (asks := tmp_path / "asks").mkdir()
    usa = {questions.COUNTRY: ["USA"], questions.TIMEZONE: ["chicago"]}
    owner = Sitting(here, usa)
    assert owner.written(clock="America/Denver").shop.timezone == "America/Denver"
    assert questions.TIMEZONE not in owner.asked
    file = Sitting(asks, usa).written(clock="Europe/Lisbon")
    assert (file.shop.timezone, file.shop.currency) == ("America/Chicago", "USD")


def test_who_writes_from_a_freemail_address_is_told(tmp_path: Path) -> None:
    owner = Sitting(tmp_path, {questions.E_MAIL: ["ana", "ana@gmail.com"]})
    assert str(owner.written().sending.from_) == "Corner Café <ana@gmail.com>"
    assert "gmail.com lets nobody else send for its addresses." in owner.heard


def test_a_public_address_is_where_the_links_lead(tmp_path: Path) -> None:
    owner = Sitting(tmp_path, {questions.PUBLIC: ["mail.cornercafe.example/"]})
    assert owner.written().shop.public_address == "https://mail.cornercafe.example"
    config = tmp_path / "config.yaml"
    config.write_text(config.read_text().replace("# sign up:", "sign up:"))
    assert checked(tmp_path).sign_up


# Nobody at the terminal.


def scripted(folder: Path, flags: dict[str, list[str]], **keys: str) -> Answers:
    basics = {
        question.flag: list(said) for question, said in BASICS.items() if question.flag not in flags
    }
    said: list[str] = []
    owner = Owner(ask=None, say=said.append, flags={**basics, **flags}, keys=keys)
    return everything(owner, World(Platforms()), folder, Addresses())


@pytest.mark.parametrize("question", BASICS, ids=lambda question: question.flag)
def test_what_a_script_must_say_is_named(tmp_path: Path, question: questions.Question) -> None:
    with pytest.raises(WrongUse, match=f"Say it with {question.flag}"):
        scripted(tmp_path, {question.flag: []})


def test_a_script_needs_no_more_than_four_answers(tmp_path: Path) -> None:
    answers = scripted(tmp_path, {})
    assert (answers.timezone, answers.sending, answers.online_shop) == ("Europe/Lisbon", None, None)


def test_a_scripts_keys_come_from_the_environment(tmp_path: Path) -> None:
    flags = {"--square": ["yes"], "--others-mail": ["birthdays"]}
    answers = scripted(tmp_path, flags, SQUARE_ACCESS_TOKEN=ACCESS_TOKEN)
    assert answers.keys == {"SQUARE_ACCESS_TOKEN": ACCESS_TOKEN}
    with pytest.raises(WrongUse, match=r"\$SQUARE_ACCESS_TOKEN is not set"):
        scripted(tmp_path, flags)
    with pytest.raises(OutOfReach, match="does not accept the access token"):
        scripted(tmp_path, flags, SQUARE_ACCESS_TOKEN="wrong")
    with pytest.raises(WrongUse, match=rf"\$SQUARE_ACCESS_TOKEN: {NO_KEY}"):
        scripted(tmp_path, flags, SQUARE_ACCESS_TOKEN="clé")


@pytest.mark.parametrize(
    ("flags", "said"),
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
    tmp_path: Path, flags: dict[str, list[str]], said: str
) -> None:
    with pytest.raises(WrongUse, match=said):
        scripted(tmp_path, flags)


def test_no_key_is_shown_by_accident(tmp_path: Path) -> None:
    answers = scripted(tmp_path, {"--square": ["yes"]}, SQUARE_ACCESS_TOKEN=ACCESS_TOKEN)
    assert ACCESS_TOKEN not in repr(answers)
