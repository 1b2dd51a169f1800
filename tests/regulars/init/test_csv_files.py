"""CSV files in the interview: guessed columns and starter rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.csv.config import CsvAnswers, CsvCustomers, CsvOrders
from regulars.init import questions
from tests.regulars.init.scripted_owner import Interview, check_config

CUSTOMERS = "E-Mail,Vorname,Geburtstag\nana@example.com,Ana,1990-09-21\n"


def test_csv_columns_are_guessed_from_their_names(tmp_path: Path) -> None:
    (tmp_path / "kunden.csv").write_text(CUSTOMERS)
    script = {
        questions.RUNS_ON: ["csv"],
        questions.FILE: ["kunde.csv", "kunden.csv"],
        questions.CONSENT_HOW: ["ticked a box"],
        questions.CONSENT_WHERE: ["online"],
        questions.CONSENT_SINCE: ["1 June 2024"],
        questions.CONSENT_CONFIRMED: ["yes"],
    }
    owner = Interview(tmp_path, script)
    [source] = owner.write_config().sources.values()
    assert isinstance(source, CsvCustomers)
    columns = source.columns
    assert (columns.e_mail, columns.first_name) == ("E-Mail", "Vorname")
    assert (columns.birthday, columns.consent) == ("Geburtstag", None)
    assert str(source.imported_consent) == "ticked a box online, since 1 June 2024"
    assert "Did you mean kunden.csv?" in owner.output
    assert "e-mail from E-Mail" in owner.output
    assert "/kunden.csv" in (tmp_path / ".gitignore").read_text().splitlines()


def test_survey_answers_bring_the_unhappy_customer_rule(tmp_path: Path) -> None:
    (tmp_path / "answers.csv").write_text("Email,Date,Stars\nana@example.com,2026-03-01,2\n")
    owner = Interview(tmp_path, {questions.RUNS_ON: ["csv"], questions.FILE: ["answers.csv"]})
    file = owner.write_config()
    assert isinstance(file.sources["list-of-answers"], CsvAnswers)
    assert list(file.rules) == ["unhappy-customer", "welcome"]
    assert questions.CONSENT_HOW not in owner.asked_questions


def test_a_file_that_is_not_understood_stands_in_the_config_as_a_comment(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("Colour,Size\nred,3\n")
    (tmp_path / "till.csv").write_text("Date,Receipt number,Total\n2026-03-01,7,4.50\n")
    files = {questions.RUNS_ON: ["csv"], questions.FILE: ["odd.csv", "till.csv"]}
    owner = Interview(tmp_path, files)
    assert owner.write_config().sources == {}
    assert "no column could be recognised as e-mail. Its columns: Colour, Size." in owner.output
    assert "till.csv looks like a file of orders (when from Date, total from Total" in owner.output
    text = (tmp_path / "config.yaml").read_text()
    assert "Its columns: Colour, Size" in text.replace("\n#     #", "")
    assert "#     columns: {customer: ?, when: Date, total: Total, order: Receipt number}" in text


def test_a_commented_source_is_read_once_its_column_is_named(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("Contact,Size\nana@example.com,3\nnone,3\nnone at all,3\n")
    owner = Interview(tmp_path, {questions.RUNS_ON: ["csv"], questions.FILE: ["odd.csv"]})
    owner.write_config()
    config = tmp_path / "config.yaml"
    lines = config.read_text().replace("e-mail: ?", "e-mail: Contact").splitlines()
    start = lines.index("# sources:")
    end = next(number for number in range(start, len(lines)) if not lines[number])
    lines[start:end] = [line.removeprefix("# ") for line in lines[start:end]]
    config.write_text("\n".join(lines))
    [source] = check_config(tmp_path).sources.values()
    assert isinstance(source, CsvCustomers)
    assert source.columns.e_mail == "Contact"


def test_orders_belong_to_the_list_that_has_their_customers_numbers(tmp_path: Path) -> None:
    (tmp_path / "news.csv").write_text("Email,Newsletter\nana@example.com,yes\n")
    (tmp_path / "till.csv").write_text(
        "Square Customer ID,Email Address,Newsletter\nC7,bruno@example.com,yes\n"
    )
    (tmp_path / "sold.csv").write_text(
        "Date,Transaction ID,Total Collected,Customer ID\n2026-03-01,t1,4.50,C7\n2026-03-01,t2,3,\n"
    )
    (tmp_path / "web.csv").write_text("Email,Date,Total\nana@example.com,2026-03-01,9\n")
    (tmp_path / "bounced.csv").write_text("Email\nclara@example.com\n")
    files = ["sold.csv", "news.csv", "bounced.csv", "till.csv", "web.csv"]
    owner = Interview(tmp_path, {questions.RUNS_ON: ["csv"], questions.FILE: files})
    sources = owner.write_config().sources
    orders = [source for source in sources.values() if isinstance(source, CsvOrders)]
    assert [source.customers_of for source in orders] == ["list-of-customers-2", None]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("cleaned_segment_export_8893817.csv", "Email Address,CONFIRM_TIME\n"),
        ("suppressed.csv", "Email\n"),
        ("do-not-mail.csv", "Email,First name\n"),
        ("abgemeldet 2026.csv", "E-Mail,Vorname\n"),
    ],
)
def test_a_list_of_opt_outs_by_its_name_alone_is_no_list_of_customers(
    file: str, text: str, tmp_path: Path
) -> None:
    (tmp_path / file).write_text(text + "clara@example.com,2024-01-01 10:00:00\n")
    owner = Interview(tmp_path, {questions.RUNS_ON: ["csv"], questions.FILE: [file]})
    assert owner.write_config().sources == {}
    assert questions.CONSENT_HOW not in owner.asked_questions
    assert "a list of people who must not be mailed" in owner.output
    assert (
        f"No mail to anybody in {file}: regulars no-mail import"
        in (tmp_path / "config.yaml").read_text()
    )


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("unsubscribed.csv", "Email,UNSUB_TIME\nclara@example.com,2024-01-01 10:00:00\n"),
        ("subscribed and unsubscribed.csv", "Email,Status\nclara@example.com,subscribed\n"),
        ("subscribed.csv", "Email,CONFIRM_TIME\nclara@example.com,2024-01-01 10:00:00\n"),
    ],
)
def test_the_columns_of_a_list_say_more_than_its_name(file: str, text: str, tmp_path: Path) -> None:
    (tmp_path / file).write_text(text)
    owner = Interview(tmp_path, {questions.RUNS_ON: ["csv"], questions.FILE: [file]})
    assert len(owner.write_config().sources) == 1


def test_the_same_file_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Email,Newsletter\nana@example.com,yes\n")
    owner = Interview(tmp_path, {questions.RUNS_ON: ["csv"], questions.FILE: ["a.csv", "./a.csv"]})
    assert len(owner.write_config().sources) == 1
    assert "a.csv is named already." in owner.output


def test_a_list_without_rows_is_read_by_its_headings(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Email,Newsletter\n")
    owner = Interview(tmp_path, {questions.RUNS_ON: ["csv"], questions.FILE: ["a.csv"]})
    [source] = owner.write_config().sources.values()
    assert isinstance(source, CsvCustomers)
    assert source.columns.consent == "Newsletter"
