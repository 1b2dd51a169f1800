"""docs/dependencies.md and pyproject.toml name the same dependencies."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from tests.docs.pages import ROOT, read_page

ROW = re.compile(r"^\| `([A-Za-z0-9-]+)` \| (.+) \| (.+) \| (\d{4}-\d{2}) \|$", re.MULTILINE)
PARTS = re.compile(r"([A-Za-z0-9-]+)(?:\[[a-z]+\])?(.*)")


def declared() -> dict[str, str]:
    """Return each dependency of pyproject.toml with its bound."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lists = [
        project["build-system"]["requires"],
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    ]
    matches = [
        PARTS.fullmatch(requirement) for requirements in lists for requirement in requirements
    ]
    return {match[1]: match[2] for match in matches if match}


def documented() -> dict[str, str]:
    """Return each dependency of the page with its text about the bound."""
    rows = ROW.findall(read_page("docs/dependencies.md"))
    assert all(reason.strip() for _, reason, _, _ in rows)
    return {name: bound for name, _, bound, _ in rows}


def test_every_dependency_has_its_line_and_every_line_its_dependency() -> None:
    assert set(documented()) == set(declared())


def test_every_bound_is_the_one_in_force() -> None:
    bounds = documented()
    assert not {
        name: (bound, bounds[name])
        for name, bound in declared().items()
        if bound and f"`{bound}`" not in bounds[name]
    }
