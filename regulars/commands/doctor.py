"""`regulars doctor`: checks DNS, public address, mails, mail service and machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from regulars.terminal.options import Json
from regulars.terminal.output import count_noun, error_console, print_json, print_line, printable
from regulars.terminal.reports import warn_if_providers_held

if TYPE_CHECKING:
    from engine.doctor.examination import Environment
    from engine.live.finding import Finding
    from engine.open.open_shop import OpenShop

SYMBOLS = {"wrong": "[red]✗[/]", "warning": "[yellow]![/]", "ok": "[green]✓[/]"}
REHEARSAL_NOTE = (
    "Mail reaches nobody yet, so nothing about it is called wrong. What is marked with ! has to be"
    " mended before you go live."
)


def command(context: typer.Context, as_json: Json = False) -> None:
    """Look whether your mail will arrive: domain, public address, mails, mail service, machine.

    Sends no mail. Status 1 where something is wrong.

    Example: regulars doctor
    """
    run(context.obj, as_json=as_json)


def run(config: Path, *, as_json: bool, environment: Environment | None = None) -> None:
    """Print the findings and store them for the going-live check.

    `environment` replaces DNS, HTTP and the machine in tests. Raises typer.Exit with status 1 if a
    finding is an error.
    """
    from engine.doctor.examination import run_doctor
    from engine.live.doctor_results import save_findings
    from engine.open.open_shop import open_shop

    shop = open_shop(config)
    with error_console().status("Looking …"):
        findings = run_doctor(shop, environment or _real_environment())
    save_findings(shop, findings, now=datetime.now(UTC))
    error_count = sum(finding.kind == "wrong" for finding in findings)
    if as_json:
        print_json({"wrong": error_count, "findings": [asdict(finding) for finding in findings]})
    else:
        _print_findings(shop, findings)
        warn_if_providers_held(shop.engine)
    if error_count:
        raise typer.Exit(1)


def _real_environment() -> Environment:
    from engine.doctor.dns import DnsResolver
    from engine.doctor.examination import Environment
    from engine.doctor.http import HttpClient
    from engine.doctor.machine import this_machine

    prefect_url = os.environ.get("PREFECT_API_URL")
    return Environment(DnsResolver(), HttpClient(), this_machine(), prefect_url)


def _print_findings(shop: OpenShop, findings: Sequence[Finding]) -> None:
    """Print errors first, then warnings, then what is fine; each by its subject."""
    from engine.live.fingerprint import delivers_locally

    for (_, about), group in groupby(findings, lambda finding: (finding.kind, finding.about)):
        print_line(f"[bold]{about.capitalize()}[/]")
        for finding in group:
            print_line(f"  {SYMBOLS[finding.kind]} {printable(finding.message)}")
            if finding.remedy:
                print_line(f"    → {printable(finding.remedy)}")
    print_line(f"\n{_summary(findings)}")
    if delivers_locally(shop.config):
        print_line(REHEARSAL_NOTE)


def _summary(findings: Sequence[Finding]) -> str:
    errors = sum(finding.kind == "wrong" for finding in findings)
    warnings = sum(finding.kind == "warning" for finding in findings)
    if not errors and not warnings:
        return "All is well."
    wrong = count_noun(errors, "thing") if errors else "Nothing"
    return f"{wrong} wrong, {count_noun(warnings, 'warning')}."
