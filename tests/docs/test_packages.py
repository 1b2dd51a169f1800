"""The package diagram of docs/architecture.md is what the imports say."""

from __future__ import annotations

import subprocess
import sys

from tests.docs.pages import ROOT


def test_the_package_diagram_is_up_to_date() -> None:
    check = [sys.executable, "docs/draw_packages.py", "--check"]
    completed = subprocess.run(check, cwd=ROOT, check=False)
    assert completed.returncode == 0, "Run: python docs/draw_packages.py"


def test_every_package_says_what_it_holds() -> None:
    table = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    empty = [line for line in rows if line.split("|")[2].strip() == ""]
    assert not empty
