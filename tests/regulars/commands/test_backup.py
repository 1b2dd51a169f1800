"""The commands against the loss of a machine: what they say, and what they leave."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from engine.open.open_shop import open_shop
from regulars import cli
from regulars.commands.serve_log import Telling
from regulars.terminal.log import Form, Log
from settings.errors import DataTrouble, OwnersFileTrouble, WrongUse
from shop.consent.suppressions import Why, all_suppressed, suppress
from shop.db import location
from shop.db.engine import reading, writing
from shop.db.stops import copy_held
from tests.cafe import FILE, MARCH, Cafe

LIVE = f"""{FILE.replace("sending:", "sending:" + chr(10) + "  through: smtp")}
  smtp: {{server: mail.cornercafe.example, user: $MAIL_USER, password: $MAIL_PASSWORD}}
"""


@pytest.fixture
def here(sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cafe:
    monkeypatch.chdir(tmp_path)
    for name in ("MAIL_USER", "MAIL_PASSWORD", "REGULARS_SECRET"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".env").write_text("MAIL_USER=ana\nMAIL_PASSWORD=x\nREGULARS_SECRET=y\n")
    cafe = Cafe.__new__(Cafe)
    cafe.engine, cafe.path = sqlite, tmp_path / "config.yaml"
    cafe.path.write_text(LIVE)
    open_shop(cafe.path)
    return cafe


def regulars(*arguments: str) -> None:
    cli.app(list(arguments), standalone_mode=False)


def test_a_shop_comes_back_with_what_is_left_to_do(
    here: Cafe, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with writing(here.engine) as connection:
        suppress(connection, "bruno@example.com", Why.COMPLAINT, None, now=MARCH)
    regulars("backup", "--at", MARCH.isoformat())
    said = capsys.readouterr().out
    assert "Not in it: MAIL_USER, MAIL_PASSWORD, REGULARS_SECRET." in said
    assert "those already sent are dead" in said
    [file] = (tmp_path / "backups").glob("*.tar.gz")
    assert str(file) in said

    regulars("restore", str(file), "--into", "new")
    said = capsys.readouterr().out
    assert "It mails nobody yet." in said
    assert "1. Write into .env: MAIL_USER, MAIL_PASSWORD, REGULARS_SECRET." in said
    assert "regulars this-is-the-one" in said
    (tmp_path / "new" / ".env").write_bytes((tmp_path / ".env").read_bytes())

    new = tmp_path / "new" / "config.yaml"
    regulars("--config", str(new), "start")
    assert "No mail goes: this is a shop restored from the backup of" in capsys.readouterr().err
    regulars("--config", str(new), "this-is-the-one")
    said = capsys.readouterr().out
    assert "This is the shop. Its mail goes with the next run." in said
    assert "Left out, for it may have gone already: 0 mails" in said
    regulars("--config", str(new), "this-is-the-one", "--catch-up")
    assert "no mail was held" in capsys.readouterr().out
    with reading(open_shop(new).engine) as connection:
        assert copy_held(connection) is None
        assert [one.address for one in all_suppressed(connection)] == ["bruno@example.com"]


def test_a_restored_shop_never_makes_itself_another_secret(here: Cafe, tmp_path: Path) -> None:
    """The links in all mails already sent would be dead, and nobody would know."""
    regulars("backup")
    [file] = (tmp_path / "backups").glob("*.tar.gz")
    regulars("restore", str(file), "--into", "new")
    (tmp_path / "new" / ".env").write_text("MAIL_USER=ana\nMAIL_PASSWORD=x\n")
    with pytest.raises(OwnersFileTrouble, match=r"Write it into \.env as it was"):
        open_shop(tmp_path / "new" / "config.yaml")
    assert "REGULARS_SECRET" not in (tmp_path / "new" / ".env").read_text()


def test_a_folder_that_is_opened_elsewhere_is_asleep_before_its_first_mail(
    here: Cafe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "machine-id"
    other.write_text("0" * 32)
    monkeypatch.setattr(location, "MACHINE_ID", other)
    shop = open_shop(here.path)
    with reading(shop.engine) as connection:
        assert copy_held(connection)
    out = io.StringIO()
    log = Log(Form.TEXT, ZoneInfo("UTC"), lambda: datetime(2026, 3, 3, 10, tzinfo=UTC), out)
    telling = Telling(log, lambda _: None, lambda _: None)
    telling.opened(shop)
    telling.opened(shop)
    regulars("this-is-the-one")
    telling.opened(shop)
    assert out.getvalue() == (
        "10:00 shop: No mail goes: this is a copy of the shop that lived on another machine. If "
        "it is the only one: regulars this-is-the-one\n"
        "10:00 shop: Mail goes again.\n"
    )


def test_a_run_says_why_nothing_goes(
    here: Cafe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "machine-id"
    other.write_text("0" * 32)
    monkeypatch.setattr(location, "MACHINE_ID", other)
    monkeypatch.setattr("regulars.commands.sync_run.tick", lambda *_: {})
    regulars("run")
    assert "No mail goes: this is a copy of the shop" in capsys.readouterr().err


def test_a_list_is_taken_in_and_its_bad_lines_are_named(
    here: Cafe, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "no-mail.csv"
    file.write_text("address,since,reason\nclara@example.com,,said no\nnobody,,\n")
    with pytest.raises(DataTrouble, match=r"no e-mail address in line 3\."):
        regulars("no-mail", "import", str(file))
    assert "Nothing goes to 1 address of no-mail.csv." in capsys.readouterr().out
    with reading(here.engine) as connection:
        [one] = all_suppressed(connection)
    assert (one.address, one.reason, one.detail) == ("clara@example.com", "by hand", "no-mail list")


def test_a_backup_that_is_not_there_is_a_sentence(here: Cafe) -> None:
    with pytest.raises(WrongUse, match="There is no file"):
        regulars("restore", "nowhere.tar.gz", "--into", "new")
