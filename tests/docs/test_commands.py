"""Every command and option is documented, and has a help text."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import typer.main

from engine.tick.counts import Counts, run_to_json
from regulars.cli import PANELS, app
from settings.errors import (
    OwnerFileError,
    RegularsError,
    SourceDataError,
    UnavailableError,
    WrongUsageError,
)
from tests.docs.pages import ROOT, blocks, read_page

GROUP: Any = typer.main.get_command(app)


def commands(group: Any, above: str = "") -> dict[str, Any]:
    """Return every command by its full name, such as `points verify`."""
    by_name: dict[str, Any] = {}
    for name, command in group.commands.items():
        full_name = f"{above}{name}"
        by_name |= (
            commands(command, f"{full_name} ")
            if hasattr(command, "commands")
            else {full_name: command}
        )
    return by_name


COMMANDS = commands(GROUP)
each_command = pytest.mark.parametrize("name", COMMANDS)


def section(name: str) -> str:
    """Return the section of the command `name`."""
    page = read_page("docs/commands.md")
    match = re.search(rf"^### {name}\n(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL)
    return match[1] if match else ""


def options(command: Any) -> set[str]:
    return {
        option
        for parameter in command.params
        for option in parameter.opts
        if option.startswith("--")
    }


@each_command
def test_every_command_and_option_has_its_place(name: str) -> None:
    assert f"regulars {name}" in section(name)
    missing = {
        option for option in options(COMMANDS[name]) - {"--help"} if option not in section(name)
    }
    assert not missing


def test_the_options_of_all_commands_have_their_place() -> None:
    beginning = read_page("docs/commands.md").partition("\n## ")[0]
    assert all(option in beginning for option in options(GROUP) - {"--help"})


def test_no_command_or_option_is_documented_that_there_is_not() -> None:
    page = read_page("docs/commands.md")
    called = re.findall(r"^regulars ([a-z]+(?:-[a-z]+)*(?: [a-z]+)*)", page, re.MULTILINE)
    assert set(called) == set(COMMANDS)
    known_options = {"--help"}.union(*(options(command) for command in [GROUP, *COMMANDS.values()]))
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", page)) <= known_options


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
        for number in re.findall(r"^\| (\d+) \|", read_page(page), re.MULTILINE)
    }
    kinds: tuple[type[RegularsError], ...] = (
        OwnerFileError,
        SourceDataError,
        WrongUsageError,
        UnavailableError,
    )
    assert {kind.exit_status for kind in kinds} | {0, 70, 130, 143} == rows


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
    named_targets = {
        target
        for page in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/architecture.md")
        for target in re.findall(r"(?:^|`)make ([a-z]+)(?:$|`)", read_page(page), re.MULTILINE)
    }
    assert {"demo", "test", "check"} <= named_targets <= targets


def test_the_commands_are_grouped_as_in_the_help() -> None:
    panel, documented = "", dict[str, list[str]]()
    headings = re.findall(r"^(##|###) (.+)$", read_page("docs/commands.md"), re.MULTILINE)
    for mark, heading in headings:
        if mark == "##":
            panel = heading
        else:
            documented.setdefault(panel, []).append(heading.partition(" ")[0])
    assert {panel: tuple(dict.fromkeys(names)) for panel, names in documented.items()} == PANELS
