"""Each platform is declared in its own folder, and no other product code names one."""

from __future__ import annotations

import ast
import re
import tomllib
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from connectors.registry import Source, platform_of, platforms
from connectors.setup_registry import NAMES, setups

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES: list[str] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
LABELS = [setup.name for setup in setups() if setup.questions]
# Only these say a platform's name: its own folder, its sandbox server, the list of all names.
OWN = [f"connectors/{name}" for name in NAMES] + ["sandbox", "connectors/setup_registry.py"]
EVERY_PLATFORM = ("config", "connector", "init", "platform", "rows")
HTTP_PLATFORM = ("client", "probe", "requests", "responses")


def product_files() -> list[Path]:
    """The product's Python files, without those that belong to one platform and migrations."""
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    paths = {file: str(file.relative_to(ROOT)) for file in files}
    return [
        file
        for file, path in paths.items()
        if "migrations" not in file.parts and not path.startswith(tuple(OWN))
    ]


def test_no_other_product_code_names_a_platform() -> None:
    pattern = re.compile("|".join(LABELS), re.IGNORECASE)
    naming = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in product_files()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]
    assert naming == []
    assert len(product_files()) > 100


@pytest.mark.parametrize("name", NAMES)
def test_a_platform_imports_no_other_platform(name: str) -> None:
    others = {f"connectors.{other}" for other in NAMES if other != name}
    for file in (ROOT / "connectors" / name).rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        imported = [
            node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
        ]
        assert not [module for module in imported if module.startswith(tuple(others))], file


@pytest.mark.parametrize("name", NAMES)
def test_each_platform_has_the_same_parts(name: str) -> None:
    [platform] = [platform for platform in platforms() if platform.name == name]
    parts = (*EVERY_PLATFORM, *(HTTP_PLATFORM if platform.setup.questions else ()))
    missing = [part for part in parts if find_spec(f"connectors.{name}.{part}") is None]
    assert missing == []
    assert bool(platform.probe) == bool(platform.setup.questions)
    assert platform.setup.name == name
    assert platform.setup.label


@pytest.mark.parametrize("setup", setups(), ids=lambda setup: setup.name)
def test_a_sandbox_server_accepts_the_demos_keys(setup: object) -> None:
    sandbox = getattr(setup, "sandbox", None)
    if sandbox is None:
        return
    settings = import_module(f"{sandbox.package}.app").settings("http://127.0.0.1:1")
    assert set(sandbox.keys.values()) <= set(settings.values())


def test_options_and_ports_belong_to_one_platform_each() -> None:
    flags = [flag for setup in setups() for flag in (setup.flag, setup.address_flag) if flag]
    ports = [setup.sandbox.port for setup in setups() if setup.sandbox]
    environment = [question.env for setup in setups() for question in setup.questions]
    secrets = [name for name in environment if name]
    for values in (flags, ports, secrets):
        assert len(set(values)) == len(values)


def test_a_source_block_is_of_the_platform_that_it_names() -> None:
    block = {"from": "csv", "holds": "orders", "file": "till.csv",
             "columns": {"customer": "A", "when": "B", "total": "C"}}  # fmt: skip
    source = TypeAdapter(Source).validate_python(block)
    assert platform_of(source).name == "csv"
    with pytest.raises(ValidationError):
        TypeAdapter(Source).validate_python(block | {"from": "nowhere"})
