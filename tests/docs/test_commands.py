"""Every command and option is documented, and helps."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import typer.main

from engine.tick.counts import Counts, run_to_json
from regulars.cli import app
from settings.errors import (
    OwnerFileError,
    RegularsError,
    SourceDataError,
    UnavailableError,
    WrongUsageError,
)
from tests.docs.pages import ROOT, blocks, said

GROUP: Any = typer.main.get_command(app)


def commands(group: Any, above: str = "") -> dict[str, Any]:
    """Every command by its whole name: points verify is one of the group points."""
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        whole = f"{above}{name}"
        found |= (
            commands(command, f"{whole} ") if hasattr(command, "commands") else {whole: command}
        )
    return found


COMMANDS = commands(GROUP)
each_command = pytest.mark.parametrize("name", COMMANDS)


def section(name: str) -> str:
    """What the page says of one command."""
    page = said("docs/commands.md")
    found = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def options(command: Any) -> set[str]:
    return {one for parameter in command.params for one in parameter.opts if one.startswith("--")}


@each_command
def test_every_command_and_option_has_its_place(name: str) -> None:
    assert f"regulars {name}" in section(name)
    missing = {one for one in options(COMMANDS[name]) - {"--help"} if one not in section(name)}
    assert not missing


def test_the_options_of_all_commands_have_their_place() -> None:
    beginning = said("docs/commands.md").partition("\n## ")[0]
    assert all(one in beginning for one in options(GROUP) - {"--help"})


def test_no_command_or_option_is_documented_that_there_is_not() -> None:
    page = said("docs/commands.md")
    called = re.findall(r"^regulars ([a-z]+(?:-[a-z]+)*(?: [a-z]+)*)", page, re.MULTILINE)
    assert set(called) == set(COMMANDS)
    known = {"--help"}.union(*(options(command) for command in [GROUP, *COMMANDS.values()]))
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", page)) <= known


@each_command
def test_every_command_and_option_helps_with_an_example(name: str) -> None:
    command = COMMANDS[name]
    assert f"Example: regulars {name}" in command.help
    unexplained = [
        parameter.name
        for parameter in command.params
        if not getattr(parameter, "help", None) and parameter.name != "help"
    ]
    assert not unexplained


def test_every_exit_status_is_documented() -> None:
    rows = {
        int(number)
        for page in ("README.md", "docs/commands.md")
        for number in re.findall(r"^\| (\d+) \|", said(page), re.MULTILINE)
    }
    kinds: tuple[type[RegularsError], ...] = (
        OwnerFileError,
        SourceDataError,
        WrongUsageError,
        UnavailableError,
    )
    assert {kind.exit_status for kind in kinds} | {0, 70, 130} == rows


def test_the_document_of_a_run_is_the_documented_one() -> None:
    [example] = [
        json.loads(block.text)
        for block in blocks("json")
        if block.page == "docs/commands.md" and "totals" in block.text
    ]
    real = run_to_json({"abandoned-cart": Counts()})
    assert list(example["totals"]) == list(real["totals"])
    assert list(example["rules"]["abandoned-cart"]) == list(real["rules"]["abandoned-cart"])
    numbers = example["totals"]
    assert numbers["enrolled"] == sum(numbers.values()) - numbers["enrolled"]


def test_documented_documents_are_json() -> None:
    assert all(json.loads(block.text) for block in blocks("json"))


def test_the_readmes_commands_are_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        target
        for page in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/architecture.md")
        for target in re.findall(r"(?:^|`)make ([a-z]+)(?:$|`)", said(page), re.MULTILINE)
    }
    assert {"demo", "test", "check"} <= named <= targets
