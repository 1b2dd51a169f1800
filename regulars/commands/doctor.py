"""`doctor`: whether mail would arrive, before the first customer is written to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import typer

from engine.doctor.dns import Dns
from engine.doctor.http import Web
from engine.doctor.machine import this_machine
from engine.doctor.run import World, examine
from engine.live.doctor_results import keep
from engine.live.finding import Finding, Kind
from engine.live.fingerprint import reaches_nobody
from engine.open.open_shop import OpenShop, open_shop
from regulars.terminal.output import aside, console, counted, print_json, printable

MARKS = {Kind.WRONG: "[red]✗[/]", Kind.WARNING: "[yellow]![/]", Kind.OK: "[green]✓[/]"}
NOBODY = (
    "Mail reaches nobody yet, so nothing about it is called wrong. What is marked with ! has to be"
    " mended before you go live."
)


def run(config: Path, *, as_json: bool, world: World | None = None) -> None:
    """Status 1 where something is wrong; what was found is kept for the delivery."""
    shop = open_shop(config)
    with aside.status("Looking …"):
        found = examine(shop, world or _the_world())
    keep(shop, found, now=datetime.now(UTC))
    wrong = sum(one.kind is Kind.WRONG for one in found)
    if as_json:
        print_json({"wrong": wrong, "findings": [asdict(one) for one in found]})
    else:
        _show(shop, found)
    if wrong:
        raise typer.Exit(1)


def _the_world() -> World:
    return World(Dns(), Web(), this_machine(), os.environ.get("PREFECT_API_URL"))


def _show(shop: OpenShop, found: Sequence[Finding]) -> None:
    """What is wrong first, and each kind by what it is about."""
    for kind, of_kind in groupby(found, lambda one: one.kind):
        for about, findings in groupby(of_kind, lambda one: one.about):
            console.print(f"[bold]{about.capitalize()}[/]")
            for one in findings:
                console.print(f"  {MARKS[kind]} {printable(one.what)}", soft_wrap=True)
                if one.remedy:
                    console.print(f"    → {printable(one.remedy)}", soft_wrap=True)
    console.print(f"\n{_summary(found)}", soft_wrap=True)
    if reaches_nobody(shop.file):
        console.print(NOBODY, soft_wrap=True)


def _summary(found: Sequence[Finding]) -> str:
    wrong, warned = (sum(one.kind is kind for one in found) for kind in (Kind.WRONG, Kind.WARNING))
    if not wrong and not warned:
        return "All is well."
    return f"{counted(wrong, 'thing') if wrong else 'Nothing'} wrong, {counted(warned, 'warning')}."
