"""Names and shape of the product's modules: the rules of CONTRIBUTING that a script can check."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"][
    "wheel"
]["packages"]

MOST_MODULES = 20
OWNERS_WORDS = (
    "triggers/events", "regulars/commands", "templates/owner/events", "pages/owner",
)  # fmt: skip
"""Folders whose files carry the owner's words (events, commands, pages): as many as there are."""

ACTIVITY = re.compile(r"(ing|ed|told)$")
ALLOWED = {
    "feed", "finding", "gc_thresholds", "not_enrolled", "routing", "sending", "waiting", "wording",
}  # fmt: skip
BANNED_MODULES = {"utils", "util", "helpers", "helper", "manager", "base", "common", "core", "misc"}

VAGUE = {
    "one", "found", "told", "said", "known", "asked", "theirs", "whole", "ones", "left", "why",
    "whose", "meant", "heard", "ours", "mine", "others", "rest", "went", "given", "wanted", "gone",
    "many",
}  # fmt: skip
MOST_VAGUE = 15 / 1_000


def test_no_folder_holds_more_than_twenty_modules() -> None:
    folders = Counter(
        path.parent.relative_to(ROOT).as_posix()
        for path in product_files()
        if path.name != "__init__.py"
    )
    crowded = {
        folder: count
        for folder, count in folders.items()
        if count > MOST_MODULES and folder not in OWNERS_WORDS
    }
    assert not crowded


def test_a_module_is_named_after_a_thing() -> None:
    names = {path.stem for path in product_files() if not has_owners_name(path)}
    assert not names & BANNED_MODULES
    assert {name for name in names if ACTIVITY.search(name)} <= ALLOWED | {"settings"}


def test_bound_names_say_what_they_hold() -> None:
    names = Counter(name for path in product_files() for name in bound_names(path))
    vague = {name: names[name] for name in VAGUE if names[name]}
    share = sum(vague.values()) / names.total()
    assert share <= MOST_VAGUE, f"{1_000 * share:.1f} of 1,000 names are vague: {vague}"


def test_no_module_imports_itself_through_others() -> None:
    modules = {dotted_name(path): path for path in product_files()}
    graph = {
        name: set(imported_modules(path)) & modules.keys() - {name}
        for name, path in modules.items()
    }
    TopologicalSorter(graph).prepare()  # raises CycleError with the cycle


def product_files() -> list[Path]:
    files = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    return [path for path in files if "migrations" not in path.parts]


def has_owners_name(path: Path) -> bool:
    folder = path.parent.relative_to(ROOT).as_posix()
    return folder in OWNERS_WORDS or path.name == "__init__.py"


def bound_names(path: Path) -> Iterator[str]:
    """Variables that are assigned, and parameters."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg


def dotted_name(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


def imported_modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
