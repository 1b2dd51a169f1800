"""Measures what a command costs that finds nothing to do, compared with `regulars check`.

Run it with `.venv/bin/python benchmarks/idle.py`. CPU is that of the command and of all its child
processes, the minimum of several rounds; the commands take turns, so that all meet the same load.
Quote the ratios, because machines differ.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

ROUNDS = 5
COMMANDS = (["check"], ["run"], ["sync"])
CUSTOMERS = 2_000
CONFIG = """\
shop:
  name: Corner Café
  country: PT
  language: en
  currency: EUR
  timezone: Europe/Lisbon
  reply to: ana@cornercafe.example
  postal address: Rua das Flores 12, 1200-192 Lisboa
sending:
  from: Ana at Corner Café <ana@cornercafe.example>
sources:
  purchases:
    from: csv
    holds: orders
    file: orders.csv
    columns: {customer: Email, when: Date, total: Total}
rules:
  we-miss-you:
    when: no visit
    for: 45 days
    then: [{send: we-miss-you}]
"""
Cost = tuple[float, float]  # CPU and wall, in seconds


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_shop(folder)
        run_command(folder, ["sync"])
        run_command(folder, ["run"])
        costs = measure(folder)
    check_cpu, _ = costs["check"]
    print("command     CPU s   wall s   CPU of check")
    for command, (cpu, wall) in costs.items():
        print(f"{command:9}   {cpu:5.2f}   {wall:6.2f}   {cpu / check_cpu:12.2f}")


def write_shop(folder: Path) -> None:
    """Write a shop with a file of one order a customer, none of them long ago."""
    (folder / "config.yaml").write_text(CONFIG)
    today = time.strftime("%Y-%m-%d")
    orders = (f"{number}@example.com,{today},12.50" for number in range(CUSTOMERS))
    (folder / "orders.csv").write_text("\n".join(["Email,Date,Total", *orders, ""]))


def measure(folder: Path) -> dict[str, Cost]:
    """Returns the minimum cost of each command."""
    costs: dict[str, list[Cost]] = defaultdict(list)
    for _ in range(ROUNDS):
        for command in COMMANDS:
            costs[" ".join(command)].append(run_command(folder, command))
    return {command: min(command_costs) for command, command_costs in costs.items()}


def run_command(folder: Path, arguments: Sequence[str]) -> Cost:
    """Run a command in `folder`; returns what it and its child processes cost."""
    cpu_before, started = children_cpu(), time.perf_counter()
    command = [sys.executable, "-m", "regulars", *arguments]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return children_cpu() - cpu_before, time.perf_counter() - started


def children_cpu() -> float:
    """Returns the CPU seconds of ended child processes, and of theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
