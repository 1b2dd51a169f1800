"""Names of functions, files and tests in the engineers' pages exist."""

from __future__ import annotations

import ast
import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect

from engine.message_states import State
from tests.docs.pages import ROOT, code_words, read_page

PAGES = [
    "docs/architecture.md",
    "docs/reliability.md",
    "docs/dependencies.md",
    "CONTRIBUTING.md",
    *sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs/decisions").glob("0*.md")),
]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROOMS: list[str] = PROJECT["tool"]["importlinter"]["root_packages"]
DOTTED = re.compile(rf"(?:{'|'.join(ROOMS)})(?:\.\w+)+")
PATH = re.compile(r"(?:[a-z]+/)+[\w.]*")


def named_words() -> list[tuple[str, str]]:
    return [(page, word) for page in PAGES for word in sorted(code_words(read_page(page)))]


def all_tests() -> set[str]:
    """Return the names of all tests."""
    files = (ROOT / "tests").rglob("test_*.py")
    return {
        node.name
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")
    }


def is_importable(dotted: str) -> bool:
    """Return whether `dotted`, such as `room.module.function`, can be imported."""
    parts = dotted.split(".")
    for depth in range(len(parts), 0, -1):
        try:
            thing: object = import_module(".".join(parts[:depth]))
        except ModuleNotFoundError:
            continue
        return all(hasattr(thing, part) for part in parts[depth : depth + 1])
    return False


CODE = [(page, word) for page, word in named_words() if DOTTED.fullmatch(word) and "/" not in word]
PATHS = [(page, word) for page, word in named_words() if PATH.fullmatch(word)]
TESTS = [(page, word) for page, word in named_words() if word.startswith("test_")]


@pytest.mark.parametrize(("page", "word"), CODE)
def test_every_function_that_is_named_exists(page: str, word: str) -> None:
    assert is_importable(word), page


def test_every_test_that_is_named_exists() -> None:
    test_names = all_tests()
    assert not [(page, word) for page, word in TESTS if word not in test_names]


@pytest.mark.parametrize(("page", "word"), PATHS)
def test_every_file_that_is_named_exists(page: str, word: str) -> None:
    assert (ROOT / word).exists(), page


def test_enough_is_looked_at() -> None:
    assert len(CODE) > 50
    assert len(TESTS) > 30
    assert len(PATHS) > 10
    assert not is_importable("engine.tick.tick.tock")
    assert not is_importable("engine.tock")


def test_every_table_of_the_database_is_in_the_list(sqlite: Engine) -> None:
    table_names = set(inspect(sqlite).get_table_names()) - {"alembic_version"}
    assert len(table_names) > 10
    assert table_names <= code_words(read_page("docs/architecture.md"))


def test_every_state_is_drawn() -> None:
    page = read_page("docs/architecture.md")
    assert all(state.value in page for state in State)


def test_every_room_is_on_the_map() -> None:
    page = read_page("docs/architecture.md")
    assert all(f"{room}/" in page for room in ROOMS)


def test_every_decision_is_in_the_list() -> None:
    listed = read_page("docs/decisions/README.md")
    files: list[Path] = sorted((ROOT / "docs/decisions").glob("0*.md"))
    assert all(file.name in listed for file in files)
    numbers = [int(file.name[:4]) for file in files]
    assert numbers == list(range(1, len(files) + 1))
