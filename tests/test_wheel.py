"""The wheel is complete: packages, templates, migrations, and the demo's file."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from sandbox import csv_files
from shop.db.engine import HEAD
from tests.flows.processes import ROOT, environment

ROOMS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"][
    "wheel"
]["packages"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and return a folder with its content."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder / "installed")
    return folder / "installed"


def run(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder, env={**environment(), "PYTHONPATH": str(installed)},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_every_room_comes_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    rooms = ", ".join(ROOMS)
    code = f"import {rooms}; print(*[room.__file__ for room in ({rooms})])"
    paths = run(installed, tmp_path, "-c", code).stdout.split()
    assert len(paths) == len(ROOMS)
    assert all(Path(path).is_relative_to(installed) for path in paths)


def test_the_tests_are_not_in_it(installed: Path) -> None:
    assert not (installed / "tests").exists()


def test_it_holds_no_fault_that_only_tests_inject(installed: Path) -> None:
    injectors = {
        node.name
        for path in (ROOT / "tests" / "faults").glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef)
    }
    packaged = {
        f"{path.relative_to(installed)}: {node.name}"
        for path in (installed / "sandbox").rglob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef)
        and node.name in injectors - {"Faults"}  # chaos plans its kills in a class of that name
    }
    assert len(injectors) > 10
    assert not packaged
    assert [path.parent.name for path in (installed / "sandbox").rglob("faults.py")] == ["sendgrid"]


def test_its_templates_and_the_demos_file_work_from_anywhere(
    installed: Path, tmp_path: Path
) -> None:
    demo = (installed / "regulars" / "demo-config.yaml").read_text()
    assert demo == (ROOT / "config.yaml").read_text()
    (tmp_path / "config.yaml").write_text(demo)
    keys = "SHOPIFY_CLIENT_ID=x\nSHOPIFY_CLIENT_SECRET=y\nSQUARE_ACCESS_TOKEN=w\n"
    (tmp_path / ".env").write_text(keys)
    csv_files.write_csv_files(tmp_path)
    assert run(installed, tmp_path, "-m", "regulars", "check").returncode == 0
    assert run(installed, tmp_path, "-m", "regulars", "preview").returncode == 0
    assert (tmp_path / "preview" / "cart-reminder.html").exists()


def test_the_file_for_a_work_pool_is_in_it(installed: Path) -> None:
    packed = (installed / "flows" / "prefect.yaml").read_text()
    assert packed == (ROOT / "prefect.yaml").read_text()


def test_its_migrations_make_a_database(installed: Path, tmp_path: Path) -> None:
    completed = run(
        installed, tmp_path, "-c",
        "from pathlib import Path; from shop.db.engine import *; "
        "from shop.db.upgrade import prepare_database; "
        "e = open_database('sqlite:///x.db', base_folder=Path()); "
        "prepare_database(e); print(schema_revision(e))",
    )  # fmt: skip
    assert completed.stdout.strip() == HEAD, completed.stderr


def test_no_other_package_has_a_room_of_that_name() -> None:
    """Our packages are top-level names; two of the same name would hide each other."""
    owners = packages_distributions()
    assert {room: set(owners.get(room, ["regulars"])) for room in ROOMS} == {
        room: {"regulars"} for room in ROOMS
    }
