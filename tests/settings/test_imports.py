"""Loading config.yaml imports no heavy packages, so that `check` starts fast."""

from __future__ import annotations

import subprocess
import sys


def test_reading_brings_in_nothing_heavy() -> None:
    heavy = "{'sqlalchemy', 'sqlmodel', 'prefect', 'httpx', 'fastapi'}"
    rooms = "settings.yaml.load, settings.shop, settings.environment, settings.schema"
    code = f"import sys, {rooms}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
