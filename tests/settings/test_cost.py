"""Reading is cheap enough for `check` to answer at once."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from settings.reading import read
from tests.settings.corner import Corner

RULE = """  rule-{number}:
    when: no visit
    for: 45 days
    if: {{visits: at least 4}}
    then:
      - send: we-miss-you
        with:
          treat: a free cappuccino
      - wait: 3 days
      - task: Call Bruno
        due in: 1 day
"""


def test_a_file_of_700_lines_takes_a_tenth_of_a_second(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("rules:\n" + "".join(RULE.format(number=number) for number in range(64)))
    assert len(read(path, Corner, environ={}).rules) == 64
    took = []
    for _ in range(5):
        began = time.process_time()
        read(path, Corner, environ={})
        took.append(time.process_time() - began)
    assert min(took) < 0.1


def test_reading_brings_in_nothing_heavy() -> None:
    heavy = "{'sqlalchemy', 'sqlmodel', 'prefect', 'httpx', 'fastapi'}"
    rooms = "settings.reading, settings.shop, settings.environment, settings.schema"
    code = f"import sys, {rooms}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
