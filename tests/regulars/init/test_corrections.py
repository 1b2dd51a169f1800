"""Going back a question, several files in one answer, and corrections of how a file is read."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.csv.config import CsvCustomers, CsvOrders
from regulars.init import questions
from regulars.init.interview import interview
from regulars.init.probe import World
from regulars.init.terminal_user import Owner
from regulars.init.write_files import write_shop_files
from tests.regulars.init.scripted_owner import (
    SECRET_QUESTION,
    SHOPIFY,
    Interview,
    check_config,
)

PEOPLE = "Contact,Second,Newsletter\nana@example.com,a@old.example,yes\nx,b@old.example,no\n"
SALES = "Email,Date,Total\nana@example.com,2026-03-01,9\n"


def shop(folder: Path, script: dict[Any, list[str]]) -> tuple[dict[str, Any], Interview]:
    """Return the sources of the config that an interview with CSV files wrote."""
    owner = Interview(folder, {questions.RUNS_ON: ["csv"], **script})
    return owner.write_config().sources, owner


def test_back_asks_the_question_before_again(tmp_path: Path) -> None:
    script = {
        questions.NAME: ["Cornr Café", "Corner Café"],
        questions.COUNTRY: ["back", "Portugal"],
    }
    owner = Interview(tmp_path, script)
    assert owner.write_config().shop.name == "Corner Café"
    asked = [question.text for question in owner.asked_questions[:4]]
    assert asked == [questions.NAME.text, questions.COUNTRY.text] * 2


def test_back_repeats_no_sentence_and_tries_no_key_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe, probed = World.probe, list[str]()

    def counted(world: World, name: str, source: Any) -> Any:
        probed.append(name)
        return probe(world, name, source)

    monkeypatch.setattr(World, "probe", counted)
    script = {**SHOPIFY, questions.PUBLIC_ADDRESS: ["back", "none"]}
    owner = Interview(tmp_path, script)
    assert list(owner.write_config().sources) == ["online-shop"]
    assert probed == ["online-shop"]
    assert owner.output.count("You count in EUR") == 1
    texts = [question.text for question in owner.asked_questions]
    assert texts.count(questions.SEND_THROUGH.text) == 2
    assert texts.count(questions.OTHERS_MAIL.text) == texts.count(SECRET_QUESTION.text) == 1


def test_there_is_nothing_before_the_first_question(tmp_path: Path) -> None:
    owner = Interview(tmp_path, {questions.NAME: ["back", "Corner Café"]})
    assert owner.write_config().shop.name == "Corner Café"
    assert "no question before" in owner.output


@pytest.mark.parametrize("answer", ["a.csv, b.csv", "a.csv b.csv", "*.csv", ".", "both.zip"])
def test_several_files_are_one_answer(answer: str, tmp_path: Path) -> None:
    texts = {"a.csv": "Email,Newsletter\nana@example.com,yes\n", "b.csv": SALES}
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
            if answer != "both.zip":
                (tmp_path / name).write_text(text)
    if answer != "both.zip":
        (tmp_path / "both.zip").unlink()
    sources, owner = shop(tmp_path, {questions.FILE: [answer]})
    assert list(sources) == ["list-of-customers", "list-of-orders"]
    assert owner.asked_questions.count(questions.FILE) == 1


def test_a_file_with_blanks_in_its_name_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "my list, new.csv").write_text("Email,Newsletter\nana@example.com,yes\n")
    sources, _ = shop(tmp_path, {questions.FILE: ["my list, new.csv"]})
    assert [source.file for source in sources.values()] == ["my list, new.csv"]


def test_a_column_is_corrected_by_its_number_and_a_source_gets_a_name(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(PEOPLE)
    script = {
        questions.FILE: ["people.csv", "1"],
        questions.CHANGE: ["e-mail", "name", "said no", "fax", ""],
        "Which column is e-mail?": ["1"],
        "Which column is said no?": ["none"],
        questions.SOURCE_NAME: ["Old list", "old-list"],
    }
    sources, owner = shop(tmp_path, _by_question(script))
    source = sources["old-list"]
    assert isinstance(source, CsvCustomers)
    assert (source.columns.e_mail, source.columns.consent) == ("Contact", "Newsletter")
    assert '"fax" is none of them.' in owner.output
    assert "1 Contact, 2 Second, 3 Newsletter" in "\n".join(
        question.hint for question in owner.asked_questions
    )


def test_what_was_not_recognised_is_read_once_its_column_is_named(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("Kontakt;Wert\nana@example.com;3\nnone;4\nno;5\n")
    script = {
        questions.FILE: ["odd.csv", "1"],
        questions.CHANGE: ["e-mail"],
        "Which column is e-mail?": ["kontakt"],
    }
    sources, _ = shop(tmp_path, _by_question(script))
    assert [source.columns.e_mail for source in sources.values()] == ["Kontakt"]


def test_the_kind_of_a_file_can_be_corrected_and_a_file_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Email,Birthday,Total,Date\nana@example.com,,9,2026-03-01\n")
    (tmp_path / "b.csv").write_text("Email,Newsletter\nana@example.com,yes\n")
    script = {
        questions.FILE: ["a.csv, b.csv", "1", "2"],
        questions.CHANGE: ["kind", "", "leave out"],
        questions.KIND: ["2"],
    }
    sources, owner = shop(tmp_path, script)
    [source] = sources.values()
    assert isinstance(source, CsvOrders)
    assert source.columns.total == "Total"
    assert "b.csv is left out." in owner.output


def test_a_corrected_column_never_makes_a_no_a_yes(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Email,Unsubscribed\nana@example.com,true\n")
    script = {
        questions.FILE: ["a.csv", "1"],
        questions.CHANGE: ["consent"],
        "Which column is consent?": ["2"],
    }
    _, owner = shop(tmp_path, _by_question(script))
    assert "consent: 0 yes, 1 no" in owner.printed[-1]


def test_a_script_leaves_a_file_to_edit_even_for_what_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ana@example.com\nbruno@example.com\n")
    flags = {question.flag: ["x"] for question in (questions.POSTAL_ADDRESS, questions.NAME)}
    flags |= {"--country": ["PT"], "--e-mail": ["ana@cornercafe.example"], "--csv": ["a.csv"]}
    printed: list[str] = []
    answers = interview(Owner(None, printed.append, flags), World(), tmp_path, {})
    write_shop_files(tmp_path / "config.yaml", answers)
    assert check_config(tmp_path).sources == {}
    assert "must name the columns" in " ".join((tmp_path / "config.yaml").read_text().split())
    assert "It stands in your file as a comment." in printed[-1]


def _by_question(script: dict[Any, list[str]]) -> dict[Any, list[str]]:
    """Return `script` with questions for the texts of those that name a column."""
    return {
        replace(questions.COLUMN, text=key) if isinstance(key, str) else key: replies
        for key, replies in script.items()
    }


def test_columns_of_the_owners_own_are_proposed_as_a_comment(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "Email,Newsletter,Favourite-Table,Allergies\nana@example.com,yes,7,nuts\n"
    )
    shop(tmp_path, {questions.FILE: ["a.csv"]})
    config = tmp_path / "config.yaml"
    text = config.read_text()
    proposal = "my columns: {favourite table: Favourite-Table, allergies: Allergies}"
    assert f"    # {proposal}\n" in text
    config.write_text(text.replace("Newsletter}", f"Newsletter, {proposal}}}"))
    [source] = check_config(tmp_path).sources.values()
    assert isinstance(source, CsvCustomers)
    assert source.columns.my_columns["allergies"] == "Allergies"
