"""What an owner may vouch for in the interview, and how it is confirmed."""

from __future__ import annotations

from pathlib import Path

import pytest

from regulars.init import questions
from regulars.init.answers import Answers
from regulars.init.interview import interview
from regulars.init.probe import World
from regulars.init.terminal_user import Owner
from settings.errors import WrongUsageError
from tests.regulars.init.scripted_owner import BASICS, Interview, Platforms

LIST = "E-Mail,Vorname\nana@example.com,Ana\n"
ORDERS = "Email,Date,Total\nana@example.com,2026-03-01,9\n"
CLOSED = "ticked a box at the till, since 1 June 2024"
HOW, WHERE = questions.CONSENT_HOW, questions.CONSENT_WHERE
SINCE, CONFIRMED = questions.CONSENT_SINCE, questions.CONSENT_CONFIRMED


def vouched(folder: Path, *replies: tuple[object, str]) -> tuple[str | None, Interview]:
    """Return what the config says after `replies`, and the interview."""
    (folder / "list.csv").write_text(LIST)
    script: dict[object, list[str]] = {questions.RUNS_ON: ["csv"], questions.FILE: ["list.csv"]}
    for question, reply in replies:
        script.setdefault(question, []).append(reply)
    owner = Interview(folder, script)  # type: ignore[arg-type]  # questions and their replies
    sources = owner.write_config().sources
    consents = [getattr(source, "imported_consent", None) for source in sources.values()]
    return (str(consents[0]) if consents and consents[0] else None), owner


def test_a_list_is_vouched_for_by_closed_answers_that_are_confirmed(tmp_path: Path) -> None:
    consent, owner = vouched(
        tmp_path, (HOW, "1"), (WHERE, "At the till"), (SINCE, "June 2024"), (CONFIRMED, "yes")
    )
    assert consent == CLOSED
    assert f"So all people in list.csv {CLOSED}." in owner.output


@pytest.mark.parametrize(
    "replies",
    [
        [],
        [(HOW, "none")],
        [(HOW, "2"), (WHERE, "")],
        [(HOW, "2"), (WHERE, "online"), (SINCE, "I do not know")],
        [(HOW, "2"), (WHERE, "online"), (SINCE, "2024"), (CONFIRMED, "")],
        [(HOW, "transactions.csv")],
        [(HOW, "they signed up in our form, I believe")],
        [(HOW, "yes")],
    ],
)
def test_nobody_is_vouched_for_by_anything_else(
    replies: list[tuple[object, str]], tmp_path: Path
) -> None:
    consent, owner = vouched(tmp_path, *replies)
    assert consent is None
    assert "Then nobody is mailed because of list.csv." in owner.output


def test_the_question_before_can_be_answered_again(tmp_path: Path) -> None:
    consent, owner = vouched(
        tmp_path,
        *((HOW, "1"), (WHERE, "back"), (HOW, "3"), (WHERE, "on paper"), (SINCE, "back")),
        *((WHERE, "at the till"), (SINCE, "2024-06-01"), (CONFIRMED, "yes")),
    )
    assert consent == "signed a card at the till, since 1 June 2024"
    assert [question for question in owner.asked_questions if question in (HOW, WHERE, SINCE)] == [
        HOW, WHERE, HOW, WHERE, SINCE, WHERE, SINCE,
    ]  # fmt: skip


def test_what_was_understood_can_be_corrected(tmp_path: Path) -> None:
    consent, _ = vouched(
        tmp_path,
        *((HOW, "1"), (WHERE, "1"), (SINCE, "1 June 2024"), (CONFIRMED, "no")),
        *((HOW, "4"), (WHERE, "2"), (SINCE, "1 June 2025"), (CONFIRMED, "yes")),
    )
    assert consent == "confirmed by e-mail online, since 1 June 2025"


def test_a_list_can_be_left_out_by_going_back(tmp_path: Path) -> None:
    consent, owner = vouched(tmp_path, (HOW, "back"))
    assert consent is None
    assert "from: csv" not in (tmp_path / "config.yaml").read_text()
    assert owner.asked_questions.count(questions.FILE) == 2


@pytest.mark.parametrize(
    "text",
    [
        "Email,Date,Total\nana@example.com,2026-03-01,9\n",
        "Email,Transaction ID\nana@example.com,t1\n",
        "Email,UNSUB_TIME\nana@example.com,2025-05-01 10:00:00\n",
        "Email,CLEAN_TIME\nana@example.com,2025-05-01 10:00:00\n",
        "Email,Group\nana@example.com,unsubscribed\nbruno@example.com,\n",
        "Email,OPTIN_TIME\nana@example.com,2025-05-01 10:00:00\n",
        "Email,What\nana@example.com,subscribed\n",
        "Email,Notes\nana@example.com,asked to be unsubscribed\n",
        "Email,Status\nana@example.com,subscribed\nbruno@example.com,pending\n",
        "Email,Status\nana@example.com,cleaned\nbruno@example.com,\n",
        "E-Mail,Deaktiviert\nana@example.com,2025-05-01\nbruno@example.com,\n",
        "Email,Subscription status\nana@example.com,active\n",
        "Email,Can be emailed\nana@example.com,no\nbruno@example.com,yes\n",
        "Email,Category\nana@example.com,blocked\nbruno@example.com,gold\n",
        "Email,Estado\nana@example.com,baja\nbruno@example.com,alta\n",
        "Email,Inactive\nana@example.com,yes\nbruno@example.com,no\n",
        "E-Mail,Gesperrt\nana@example.com,ja\nbruno@example.com,nein\n",
        "Email,Cancelado em\nana@example.com,21/05/2025\nbruno@example.com,\n",
        "Email,Complained\nana@example.com,true\nbruno@example.com,false\n",
    ],
)
def test_the_question_is_never_asked_where_the_file_says_anything(
    text: str, tmp_path: Path
) -> None:
    (tmp_path / "list.csv").write_text(text)
    owner = Interview(tmp_path, {questions.RUNS_ON: ["csv"], questions.FILE: ["list.csv"]})
    owner.write_config()
    assert HOW not in owner.asked_questions


@pytest.mark.parametrize(
    "text",
    [
        LIST,
        "E-mail,Name,City,Notes\nana@example.com,Ana,Lisboa,likes tea\n",
        'Email,Tags,Total Spent\nana@example.com,"vip, cake",12.00\n',
        "Email,Group,Town\nana@example.com,regulars,\n",
    ],
)
def test_the_question_is_asked_of_a_list_that_says_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(text)
    owner = Interview(tmp_path, {questions.RUNS_ON: ["csv"], questions.FILE: ["list.csv"]})
    owner.write_config()
    assert HOW in owner.asked_questions


def scripted(folder: Path, files: dict[str, str], *consents: str) -> Answers:
    for name, text in files.items():
        (folder / name).write_text(text)
    flags = {question.flag: list(replies) for question, replies in BASICS.items()}
    flags |= {"--csv": [*files], "--imported-consent": [*consents]}
    return interview(Owner(None, lambda _: None, flags), World(Platforms()), folder, {})


def test_the_option_names_its_list(tmp_path: Path) -> None:
    files = {"orders.csv": ORDERS, "a.csv": LIST, "b.csv": LIST}
    answers = scripted(tmp_path, files, f"b.csv: {CLOSED}")
    assert [csv_file.imported_consent for csv_file in answers.files] == [None, None, CLOSED]
    assert scripted(tmp_path, {"a.csv": LIST}, CLOSED).files[0].imported_consent == CLOSED


@pytest.mark.parametrize(
    ("files", "consent", "message"),
    [
        ({"a.csv": LIST, "b.csv": LIST}, CLOSED, 'like --imported-consent "a.csv: ticked a box'),
        ({"a.csv": LIST}, "c.csv: " + CLOSED, "does not say how, where and since when"),
        ({"a.csv": LIST}, "they signed up at the till", "write how, where and since when"),
        ({"o.csv": ORDERS}, CLOSED, "o.csv holds orders, and is no list of people"),
        (
            {"a.csv": "Email,Newsletter\nana@example.com,yes\n"},
            CLOSED,
            "a.csv says in its column Newsletter who said yes",
        ),
        (
            {"a.csv": "Email,UNSUB_TIME\nana@example.com,2025-05-01\n"},
            CLOSED,
            "a.csv says something about it in UNSUB_TIME",
        ),
    ],
)
def test_the_option_is_refused_where_it_cannot_hold(
    files: dict[str, str], consent: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(WrongUsageError, match=message):
        scripted(tmp_path, files, consent)
