"""`regulars preview` on the command line."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import pytest
from sqlalchemy import Engine

from regulars import cli
from settings.errors import WrongUsageError
from tests.cafe import MARCH, Cafe

RULES = """
rules:
  birthday: {when: birthday, in: 3 days, then: [{send: birthday}]}
"""
AT = ("--at", MARCH.isoformat())


@pytest.fixture
def cafe_folder(sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cafe:
    """The café in the current folder."""
    monkeypatch.chdir(tmp_path)
    return Cafe(sqlite, tmp_path, RULES)


def regulars(*arguments: str) -> None:
    cli.app([*arguments], standalone_mode=False)


def test_a_page_and_a_text_are_written(
    cafe_folder: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    regulars("preview", *AT)
    output = capsys.readouterr().out
    assert output.startswith("Happy birthday, Clara  (birthday)")
    page = cafe_folder.shop.folder / "preview" / "birthday.html"
    assert "→ preview/birthday.html" in output
    assert page.read_text().count("<iframe") == 3
    assert "Happy birthday" in page.with_suffix(".txt").read_text()


def test_the_browser_opens_the_page(
    cafe_folder: Cafe, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pages: list[str] = []

    def open_page(page: str) -> bool:
        pages.append(page)
        return True

    monkeypatch.setattr(webbrowser, "open", open_page)
    regulars("preview", "welcome", "--open", *AT)
    assert pages == [(cafe_folder.shop.folder / "preview" / "welcome.html").as_uri()]
    assert "(no rule sends it)" in capsys.readouterr().out
    monkeypatch.setattr(webbrowser, "open", lambda _page: False)
    regulars("preview", "welcome", "--open", *AT)
    assert "There is no browser here" in capsys.readouterr().err


def test_a_test_mail_goes_through_the_configured_sender(
    cafe_folder: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    regulars("preview", "welcome", "--send-to", "ana@cornercafe.example", *AT)
    output = capsys.readouterr().out
    assert "through: outbox, so it is a file." in output
    [mail] = cafe_folder.mails()
    assert mail["To"].addresses[0].addr_spec == "ana@cornercafe.example"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--send-to", "ana@cornercafe.example"], "Say which one"),
        (["welcome", "--send-to", "ana"], "ana is no e-mail address"),
        (["wellcome"], 'Did you mean "welcome"'),
    ],
)
def test_wrong_usage_is_explained(cafe_folder: Cafe, arguments: list[str], sentence: str) -> None:
    with pytest.raises(WrongUsageError, match=sentence):
        regulars("preview", *arguments, *AT)
    assert not cafe_folder.outbox.exists()
