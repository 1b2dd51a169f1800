"""Measures how the cost of reading the owner's file grows with its length, compared with PyYAML.

Run it with `.venv/bin/python benchmarks/reading.py`. Times are CPU and wall, the minimum of five;
quote the ratios, because machines differ.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from engine.config.owner_config import OwnerConfig
from settings.yaml.load import load_config

RULES = (8, 80, 800)
SHOP = """shop:
  name: Corner Café
  country: PT
  language: en
  currency: EUR
  timezone: Europe/Lisbon
  reply to: ana@cornercafe.example
  postal address: Rua das Flores 12, 1200-192 Lisboa
sending: {from: Ana at Corner Café <ana@cornercafe.example>}
rules:
"""
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


def main() -> None:
    print("lines   read CPU s   wall s   spread   YAML CPU s   read/YAML   growth")
    before: float | None = None
    for rules in RULES:
        text = SHOP + "".join(RULE.format(number=number) for number in range(rules))
        read_cpu, wall, spread = measure(lambda text=text: read_config(text))  # type: ignore[misc]
        yaml_cpu, _, _ = measure(lambda text=text: yaml.compose(text))  # type: ignore[misc]
        growth = f"x{read_cpu / before:.1f}" if before else ""
        lines = text.count("\n")
        print(
            f"{lines:5}   {read_cpu:10.4f}   {wall:6.4f}   {spread:5.0%}   {yaml_cpu:10.4f}"
            f"   {read_cpu / yaml_cpu:9.2f}   {growth}"
        )
        before = read_cpu


def read_config(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(text)
        load_config(path, OwnerConfig, environ={})


def measure(work: Callable[[], object]) -> tuple[float, float, float]:
    """Return the minimum CPU and wall time of `work`, and the spread of its CPU times."""
    cpus, walls = [], []
    for _ in range(5):
        cpu, wall = time.process_time(), time.perf_counter()
        work()
        cpus.append(time.process_time() - cpu)
        walls.append(time.perf_counter() - wall)
    return min(cpus), min(walls), max(cpus) / min(cpus) - 1


if __name__ == "__main__":
    main()
