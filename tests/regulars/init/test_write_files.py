"""What `regulars init` leaves in its folder, and what it leaves alone there."""

from __future__ import annotations

import shutil
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from regulars.commands.init import questions, write_files
from regulars.commands.init.answers import Answers, Rows
from sandbox.square.server import ACCESS_TOKEN
from settings.errors import WrongUse
from tests.regulars.init.scripted_owner import SHOPIFY, SQUARE, Sitting

# Names that mean something to Git, each beside one that the same pattern could mean.
LISTS = {
    "kunden.csv": "other.csv",
    "#k.csv": "k.csv",
    "!k.csv": "k.csv",
    "[a].csv": "a.csv",
    "k*.csv": "kunden.csv",
    "k?.csv": "ko.csv",
    "a\\b.csv": "ab.csv",
    "blank.csv ": "blank.csv",
    "lists/k.csv": "k.csv",
}


def test_keys_are_for_the_owner_alone_and_what_was_there_stays(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OTHER=kept\n")
    (tmp_path / ".gitignore").write_text("notes.txt\n.env")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "welcome.html").write_text('{% extends "layout.html" %}mine')
    write_files.keep(tmp_path / "config.yaml", Sitting(tmp_path, SQUARE).told_all())
    kept = (tmp_path / ".env").read_text().splitlines()
    assert kept == ["OTHER=kept", f"SQUARE_ACCESS_TOKEN='{ACCESS_TOKEN}'"]
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    ignored = (tmp_path / ".gitignore").read_text().splitlines()
    assert ignored[:3] == ["notes.txt", ".env", "regulars.db*"]
    assert (tmp_path / "templates" / "welcome.html").read_text().endswith("mine")
    laid = {file.stem for file in (tmp_path / "templates").iterdir()}
    assert {"layout", "we-miss-you", "birthday", "points-earned"} < laid
    assert "cart-reminder" not in laid


def test_an_owners_file_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("mine")
    answers = Sitting(tmp_path).told_all()
    with pytest.raises(WrongUse, match="is there already, and stays as it is"):
        write_files.keep(tmp_path / "config.yaml", answers)
    assert [one.name for one in tmp_path.iterdir()] == ["config.yaml"]


def test_what_breaks_off_half_way_leaves_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Sitting(tmp_path, SQUARE).told_all()

    def broken(_answers: Answers) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(write_files, "file_text", broken)
    with pytest.raises(KeyboardInterrupt):
        write_files.keep(tmp_path / "config.yaml", answers)
    assert {one.name for one in tmp_path.iterdir()} == {"templates", ".gitignore", ".env"}


def test_nothing_of_the_demo_is_in_the_file(tmp_path: Path) -> None:
    plain = {questions.NAME: ["Backstube"], questions.E_MAIL: ["eva@backstube.example"]}
    Sitting(tmp_path, {**SHOPIFY, **plain}).written()
    text = (tmp_path / "config.yaml").read_text()
    words = ("Corner", "Ana", "cappuccino", "croissant", "cake", "127.0.0.1", "demo", "Lisboa 12")
    assert not [word for word in words if word in text]


def kept_with(folder: Path, *lists: str) -> None:
    columns = {"e-mail": "Email"}
    rows = tuple(Rows(name, "customers", columns) for name in lists)
    write_files.keep(folder / "config.yaml", replace(Sitting(folder).told_all(), files=rows))


@pytest.mark.skipif(shutil.which("git") is None, reason="only Git knows what Git ignores")
def test_every_list_of_people_is_kept_out_of_a_repository_and_nothing_else(tmp_path: Path) -> None:
    git = ["git", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    for name, other in LISTS.items():
        (tmp_path / ".gitignore").unlink(missing_ok=True)
        (tmp_path / "config.yaml").unlink(missing_ok=True)
        kept_with(tmp_path, name)
        asked = subprocess.run(
            [*git, "check-ignore", "--no-index", "--stdin", "-z"],
            input="\0".join([name, other, f"deep/{name}"]),
            stdout=subprocess.PIPE, check=False, text=True,
        )  # fmt: skip
        assert asked.stdout == f"{name}\0"


def test_what_stands_in_gitignore_stays_whatever_its_encoding(tmp_path: Path) -> None:
    before = "café.txt\r\n.env\r\nnotes".encode("latin-1")
    (tmp_path / ".gitignore").write_bytes(before)
    kept_with(tmp_path, "kundé.csv")
    after = (tmp_path / ".gitignore").read_bytes()
    assert after.startswith(before + b"\nregulars.db*\n")
    assert after.endswith("/kundé.csv\n".encode())
    assert after.count(b".env") == 1
