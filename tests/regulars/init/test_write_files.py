"""The files that `regulars init` writes, and those it keeps."""

from __future__ import annotations

import shutil
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from regulars.init import questions, write_files
from regulars.init.answers import Answers, CsvFile
from sandbox.square.server import ACCESS_TOKEN
from settings.errors import WrongUsageError
from tests.regulars.init.scripted_owner import SHOPIFY, SQUARE, Interview

# Names with characters special in .gitignore, and names an unescaped pattern would match.
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


def test_keys_are_private_and_existing_files_are_kept(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OTHER=kept\n")
    (tmp_path / ".gitignore").write_text("notes.txt\n.env")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "welcome.html").write_text('{% extends "layout.html" %}mine')
    write_files.write_shop_files(tmp_path / "config.yaml", Interview(tmp_path, SQUARE).answer_all())
    env_lines = (tmp_path / ".env").read_text().splitlines()
    assert env_lines == ["OTHER=kept", f"SQUARE_ACCESS_TOKEN='{ACCESS_TOKEN}'"]
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    gitignore_lines = (tmp_path / ".gitignore").read_text().splitlines()
    assert gitignore_lines[:3] == ["notes.txt", ".env", "regulars.db*"]
    assert (tmp_path / "templates" / "welcome.html").read_text().endswith("mine")
    templates = {file.stem for file in (tmp_path / "templates").iterdir()}
    assert {"we-miss-you", "birthday", "points-earned"} <= templates
    assert "cart-reminder" not in templates
    assert not any(name.startswith("layout") for name in templates)


def test_an_existing_config_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("mine")
    answers = Interview(tmp_path).answer_all()
    with pytest.raises(WrongUsageError, match="is there already, and stays as it is"):
        write_files.write_shop_files(tmp_path / "config.yaml", answers)
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


def test_an_interrupted_write_leaves_no_partial_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Interview(tmp_path, SQUARE).answer_all()

    def interrupt(_answers: Answers) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(write_files, "render_config", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_files.write_shop_files(tmp_path / "config.yaml", answers)
    assert {path.name for path in tmp_path.iterdir()} == {"templates", ".gitignore", ".env"}


def test_nothing_of_the_demo_is_in_the_file(tmp_path: Path) -> None:
    script = {questions.NAME: ["Backstube"], questions.E_MAIL: ["eva@backstube.example"]}
    Interview(tmp_path, {**SHOPIFY, **script}).write_config()
    text = (tmp_path / "config.yaml").read_text()
    words = ("Corner", "Ana", "cappuccino", "croissant", "cake", "127.0.0.1", "demo", "Lisboa 12")
    assert not [word for word in words if word in text]


def write_with_csv_files(folder: Path, *names: str) -> None:
    columns = {"e-mail": "Email"}
    rows = tuple(CsvFile(name, "customers", columns) for name in names)
    write_files.write_shop_files(
        folder / "config.yaml", replace(Interview(folder).answer_all(), files=rows)
    )


@pytest.mark.skipif(shutil.which("git") is None, reason="only Git knows what Git ignores")
def test_gitignore_covers_every_csv_file_and_nothing_else(tmp_path: Path) -> None:
    git = ["git", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    for name, similar_name in LISTS.items():
        (tmp_path / ".gitignore").unlink(missing_ok=True)
        (tmp_path / "config.yaml").unlink(missing_ok=True)
        write_with_csv_files(tmp_path, name)
        check_ignore = subprocess.run(
            [*git, "check-ignore", "--no-index", "--stdin", "-z"],
            input="\0".join([name, similar_name, f"deep/{name}"]),
            stdout=subprocess.PIPE, check=False, text=True,
        )  # fmt: skip
        assert check_ignore.stdout == f"{name}\0"


def test_existing_gitignore_lines_are_kept_in_any_encoding(tmp_path: Path) -> None:
    before = "café.txt\r\n.env\r\nnotes".encode("latin-1")
    (tmp_path / ".gitignore").write_bytes(before)
    write_with_csv_files(tmp_path, "kundé.csv")
    after = (tmp_path / ".gitignore").read_bytes()
    assert after.startswith(before + b"\nregulars.db*\n")
    assert after.endswith("/kundé.csv\n".encode())
    assert after.count(b".env") == 1
