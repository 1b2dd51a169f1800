"""`doctor`: whether mail would arrive, before the first customer is written to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import typer

from engine.doctor.dns import DnsResolver
from engine.doctor.http import HttpClient
from engine.doctor.machine import this_machine
from engine.doctor.run import Environment, run_doctor
from engine.live.doctor_results import save_findings
from engine.live.finding import Finding, FindingKind
from engine.live.fingerprint import delivers_locally
from engine.open.open_shop import OpenShop, open_shop
from regulars.terminal.output import console, count_noun, error_console, print_json, printable

SYMBOLS = {
    FindingKind.WRONG: "[red]✗[/]",
    FindingKind.WARNING: "[yellow]![/]",
    FindingKind.OK: "[green]✓[/]",
}
REHEARSAL_NOTE = (
    "Mail reaches nobody yet, so nothing about it is called wrong. What is marked with ! has to be"
    " mended before you go live."
)


def run(config: Path, *, as_json: bool, world: Environment | None = None) -> None:
    """Status 1 where something is wrong; what was found is kept for the delivery."""
    shop = open_shop(config)
    with error_console.status("Looking …"):
        findings = run_doctor(shop, world or _real_world())
    save_findings(shop, findings, now=datetime.now(UTC))
    error_count = sum(finding.kind is FindingKind.WRONG for finding in findings)
    if as_json:
        print_json({"wrong": error_count, "findings": [asdict(finding) for finding in findings]})
    else:
        _show(shop, findings)
    if error_count:
        raise typer.Exit(1)


def _real_world() -> Environment:
    return Environment(
        DnsResolver(), HttpClient(), this_machine(), os.environ.get("PREFECT_API_URL")
    )


def _show(shop: OpenShop, all_findings: Sequence[Finding]) -> None:
    """What is wrong first, and each kind by what it is about."""
    for kind, of_kind in groupby(all_findings, lambda finding: finding.kind):
        for about, findings in groupby(of_kind, lambda finding: finding.about):
            console.print(f"[bold]{about.capitalize()}[/]")
            for finding in findings:
                console.print(f"  {SYMBOLS[kind]} {printable(finding.message)}", soft_wrap=True)
                if finding.remedy:
                    console.print(f"    → {printable(finding.remedy)}", soft_wrap=True)
    console.print(f"\n{_summary(all_findings)}", soft_wrap=True)
    if delivers_locally(shop.config):
        console.print(REHEARSAL_NOTE, soft_wrap=True)


def _summary(findings: Sequence[Finding]) -> str:
    error_count, warning_count = (
        sum(finding.kind is kind for finding in findings)
        for kind in (FindingKind.WRONG, FindingKind.WARNING)
    )
    if not error_count and not warning_count:
        return "All is well."
    return f"{count_noun(error_count, 'thing') if error_count else 'Nothing'} wrong, {count_noun(warning_count, 'warning')}."
