"""`backup`, `restore`, `this-is-the-one` and `no-mail import`."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine

from engine.open.open_shop import open_shop
from regulars import cli
from regulars.flow_runs import TickResult
from regulars.serve.log import ServeLog
from regulars.terminal.log import Redactor, TextFormatter, logging_to, make_handler
from settings.errors import OwnerFileError, SourceDataError, WrongUsageError
from shop.consent.suppressions import SuppressionReason, list_suppressed, suppress_address
from shop.db import location
from shop.db.engine import read_transaction, write_transaction
from shop.db.stops import copy_hold_reason
from tests.cafe import FILE, MARCH, Cafe

LIVE = f"""{FILE.replace("sending:", "sending:" + chr(10) + "  through: smtp")}
  smtp: {{server: mail.cornercafe.example, user: $MAIL_USER, password: $MAIL_PASSWORD}}
"""


@pytest.fixture
def cafe_folder(sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cafe:
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


def test_a_restored_shop_lists_the_remaining_steps(
    cafe_folder: Cafe, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with write_transaction(cafe_folder.engine) as connection:
        suppress_address(
            connection, "bruno@example.com", SuppressionReason.COMPLAINT, None, now=MARCH
        )
    regulars("backup", "--at", MARCH.isoformat())
    output = capsys.readouterr().out
    assert "Not in it: MAIL_USER, MAIL_PASSWORD, REGULARS_SECRET." in output
    assert "those already sent are dead" in output
    [file] = (tmp_path / "backups").glob("*.tar.gz")
    assert str(file) in output

    regulars("restore", str(file), "--into", "new")
    output = capsys.readouterr().out
    assert "It mails nobody yet." in output
    assert "1. Write into .env: MAIL_USER, MAIL_PASSWORD, REGULARS_SECRET." in output
    assert "regulars this-is-the-one" in output
    (tmp_path / "new" / ".env").write_bytes((tmp_path / ".env").read_bytes())

    restored_config = tmp_path / "new" / "config.yaml"
    regulars("--config", str(restored_config), "start")
    assert "No mail goes: this is a shop restored from the backup of" in capsys.readouterr().err
    regulars("--config", str(restored_config), "this-is-the-one")
    output = capsys.readouterr().out
    assert "This is the shop. Its mail goes with the next run." in output
    assert "Left out, for it may have gone already: 0 mails" in output
    regulars("--config", str(restored_config), "this-is-the-one", "--catch-up")
    assert "no mail was held" in capsys.readouterr().out
    with read_transaction(open_shop(restored_config).engine) as connection:
        assert copy_hold_reason(connection) is None
        assert [suppression.address for suppression in list_suppressed(connection)] == [
            "bruno@example.com"
        ]


def test_a_restored_shop_never_makes_itself_another_secret(
    cafe_folder: Cafe, tmp_path: Path
) -> None:
    """Another secret would silently break the links in all mails sent so far."""
    regulars("backup")
    [file] = (tmp_path / "backups").glob("*.tar.gz")
    regulars("restore", str(file), "--into", "new")
    (tmp_path / "new" / ".env").write_text("MAIL_USER=ana\nMAIL_PASSWORD=x\n")
    with pytest.raises(OwnerFileError, match=r"Write it into \.env as it was"):
        open_shop(tmp_path / "new" / "config.yaml")
    assert "REGULARS_SECRET" not in (tmp_path / "new" / ".env").read_text()


def test_a_copy_on_another_machine_holds_its_mail(
    cafe_folder: Cafe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_machine = tmp_path / "machine-id"
    other_machine.write_text("0" * 32)
    monkeypatch.setattr(location, "MACHINE_ID", other_machine)
    shop = open_shop(cafe_folder.path)
    with read_transaction(shop.engine) as connection:
        assert copy_hold_reason(connection)
    stream = io.StringIO()
    ten = datetime(2026, 3, 3, 10, tzinfo=UTC)
    formatter = TextFormatter(Redactor(), ZoneInfo("UTC"), lambda: ten)
    serve_log = ServeLog(lambda _: None, lambda _: None)
    with logging_to(make_handler(formatter, stream)):
        serve_log.on_shop_opened(shop)
        serve_log.on_shop_opened(shop)
        regulars("this-is-the-one")
        serve_log.on_shop_opened(shop)
    assert stream.getvalue() == (
        "10:00 shop: No mail goes: this is a copy of the shop that lived on another machine. If "
        "it is the only one: regulars this-is-the-one\n"
        "10:00 shop: Mail goes again.\n"
    )


def test_a_run_says_why_mail_is_held(
    cafe_folder: Cafe,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other_machine = tmp_path / "machine-id"
    other_machine.write_text("0" * 32)
    monkeypatch.setattr(location, "MACHINE_ID", other_machine)
    monkeypatch.setattr("regulars.flow_runs.run_tick_flow", lambda *_, **__: TickResult({}))
    regulars("run")
    assert "No mail goes: this is a copy of the shop" in capsys.readouterr().err


def test_a_no_mail_list_is_imported_and_its_bad_lines_are_named(
    cafe_folder: Cafe, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "no-mail.csv"
    file.write_text("address,since,reason\nclara@example.com,,said no\nnobody,,\n")
    with pytest.raises(SourceDataError, match=r"no e-mail address in line 3\."):
        regulars("no-mail", "import", str(file))
    assert "Nothing goes to 1 address of no-mail.csv." in capsys.readouterr().out
    with read_transaction(cafe_folder.engine) as connection:
        [suppression] = list_suppressed(connection)
    assert (suppression.address, suppression.reason, suppression.detail) == (
        "clara@example.com",
        "by hand",
        "no-mail list",
    )


def test_a_list_of_many_customers_is_imported_with_yes_and_taken_back(
    cafe_folder: Cafe, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cafe_folder.customer("ana")
    file = tmp_path / "list.csv"
    file.write_text("ana@example.com\n")
    with pytest.raises(
        WrongUsageError, match=r"list\.csv holds 1 of the .* you can mail\. Nothing"
    ):
        regulars("no-mail", "import", str(file))
    regulars("no-mail", "import", str(file), "--yes")
    assert "regulars no-mail undo 1" in capsys.readouterr().out
    regulars("no-mail", "undo")
    assert "is undone: mail may go to 1 address again" in capsys.readouterr().out
    with pytest.raises(WrongUsageError, match=r"There is no import 1 that could be undone\."):
        regulars("no-mail", "undo", "1")


def test_a_missing_backup_is_reported(cafe_folder: Cafe) -> None:
    with pytest.raises(WrongUsageError, match="There is no file"):
        regulars("restore", "nowhere.tar.gz", "--into", "new")
