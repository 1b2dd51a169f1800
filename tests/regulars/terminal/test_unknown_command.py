"""An unknown command leads to the nearest one, or is said to be not available yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer.main

from regulars.cli import app, config_first
from regulars.terminal.unknown_command import PLANNED, SYNONYMS, unknown_command_error
from settings.errors import WrongUsageError
from tests.docs.pages import ROOT
from tests.docs.test_commands import COMMANDS

COMMAND_GROUP: Any = typer.main.get_command(app)
GROUPS = {name.split()[0] for name in COMMANDS}


def message(typed: str) -> str:
    group, _, word = typed.rpartition(" ")
    return str(unknown_command_error(group, word, COMMAND_GROUP))


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [
        ("send", "run"),
        ("unsubscribe", "suppress"),
        ("log", "why"),
        ("resume", "start"),
        ("logs", "why"),
        ("undo", "oops"),
        ("bounces", "suppress"),
        ("diagnose", "doctor"),
        ("import", "sync"),
        ("chekc", "check"),
        ("Check", "check"),
        ("tilcard", "till-card"),
        ("no_mail", "no-mail import"),
        ("settle", "doubt settle"),
        ("forged", "complaints forged"),
        ("doubt lst", "doubt list"),
        ("no-mail add", "suppress"),
        ("clock show", "clock confirm"),
    ],
)
def test_the_nearest_command_comes_first(typed: str, nearest: str) -> None:
    first_line, suggestion, *_ = message(typed).splitlines()
    assert first_line == f"No such command: {typed}. Nearest:"
    assert suggestion == f"  regulars {nearest}"


@pytest.mark.parametrize("planned", [name for command in PLANNED for name in command.names])
def test_a_planned_command_is_not_available_yet(planned: str) -> None:
    assert message(planned).startswith("Not available yet: ")
    assert "\nToday: " in message(planned)


def test_no_planned_command_exists_or_has_a_synonym() -> None:
    planned = {name for command in PLANNED for name in command.names}
    assert not planned & ({*COMMANDS} | GROUPS)
    assert not planned & SYNONYMS.keys()


def test_a_planned_command_is_listed_once() -> None:
    names = [name for command in PLANNED for name in command.names]
    assert len(names) == len(set(names))


def test_pages_and_commands_that_are_named_exist() -> None:
    for command in PLANNED:
        pages = [word for word in command.today.replace(":", " ").split() if "docs/" in word]
        assert all((ROOT / page.strip("(),.")).is_file() for page in pages)
    named = {name for names in SYNONYMS.values() for name in names}
    assert named <= set(COMMANDS)
    assert not SYNONYMS.keys() & (set(COMMANDS) | GROUPS)


def test_a_word_like_no_command_points_to_the_list() -> None:
    assert message("zzz") == "No such command: zzz. All commands: regulars --help"
    for typed in ("help", "version"):
        assert message(typed).startswith("All commands: regulars --help.")


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    app(["--version"], standalone_mode=False)
    assert capsys.readouterr().out.startswith("Regulars 0.")


def test_a_dry_run_is_explained(tmp_path: Path) -> None:
    with pytest.raises(WrongUsageError, match="With through: outbox"):
        app(["--config", str(tmp_path), "run", "--dry-run"])


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (["check"], ["check"]),
        (["check", "--config", "a.yaml", "--json"], ["--config", "a.yaml", "check", "--json"]),
        (["check", "--config=a.yaml"], ["--config=a.yaml", "check"]),
        (["--config", "a.yaml", "check"], ["--config", "a.yaml", "check"]),
        (["why", "--", "--config"], ["why", "--", "--config"]),
    ],
)
def test_the_file_may_be_named_anywhere(typed: list[str], read: list[str]) -> None:
    assert config_first(typed) == read


def test_a_folder_stands_for_the_file_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.yaml").write_text("shop: Corner Café\n")
    with pytest.raises(Exception, match=r"config\.yaml:1:7"):
        app(["check", "--config", str(tmp_path)])
    assert capsys.readouterr().out == ""
