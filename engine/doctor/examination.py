"""Runs all checks in parallel, each in a thread of its own, with a common timeout."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from queue import Empty, Queue
from threading import Thread

from engine.doctor import address, domain, machine, provider, rendered_mails, sources
from engine.doctor.dns import Resolver
from engine.doctor.http import HttpClient
from engine.doctor.machine import Machine
from engine.live.finding import Finding, Reporter, Topic, downgrade_errors, sort_findings
from engine.live.fingerprint import delivers_locally
from engine.open.open_shop import OpenShop

TIMEOUT_SECONDS = 25.0
Check = Callable[[], Sequence[Finding]]


@dataclass(frozen=True)
class Environment:
    """What the checks reach outside the shop's folder: DNS, HTTP, this machine."""

    resolver: Resolver
    http: HttpClient
    machine: Machine
    prefect_url: str | None = None  # PREFECT_API_URL


def run_doctor(shop: OpenShop, environment: Environment) -> list[Finding]:
    """Run all checks and return their findings, worst first.

    Where mail cannot leave this machine, errors about mail are downgraded to warnings.
    """
    findings = run_in_parallel(all_checks(shop, environment), TIMEOUT_SECONDS)
    return sort_findings(downgrade_errors(findings) if delivers_locally(shop.config) else findings)


def all_checks(shop: OpenShop, environment: Environment) -> Mapping[str, tuple[Topic, Check]]:
    """Returns each check with its topic, by the name under which a timeout is reported."""
    http, local_machine = environment.http, environment.machine
    return {
        "your domain": (
            Topic.DOMAIN,
            partial(domain.check_domain, shop.config, environment.resolver),
        ),
        "your public address": (
            Topic.ADDRESS,
            partial(address.check_address, shop, environment.resolver, http),
        ),
        "your mails": (
            Topic.MAILS,
            partial(rendered_mails.check_rendered_mails, shop, now=local_machine.now()),
        ),
        "your mail service": (Topic.PROVIDER, partial(provider.check_provider, shop, http)),
        "your sources": (
            Topic.SOURCES,
            partial(sources.check_sources, shop, now=local_machine.now()),
        ),
        "the disk": (Topic.MACHINE, partial(machine.check_disk, shop, local_machine)),
        "the database": (Topic.MACHINE, partial(machine.check_database, shop)),
        "the clock": (Topic.MACHINE, partial(machine.check_clock, shop, local_machine, http)),
        "Prefect's server": (
            Topic.MACHINE,
            partial(machine.check_prefect, environment.prefect_url, http),
        ),
    }


def run_in_parallel(checks: Mapping[str, tuple[Topic, Check]], timeout: float) -> list[Finding]:
    """Run `checks` in daemon threads and collect the findings for up to `timeout` seconds.

    A check that does not finish is reported as an error; its thread holds no locks and ends with
    the process.
    """
    results: Queue[tuple[str, Sequence[Finding]]] = Queue()
    for name, (topic, check) in checks.items():
        Thread(
            target=_run_check, args=(results, name, topic, check), name=name, daemon=True
        ).start()
    pending, results_found = dict(checks), list[Finding]()
    deadline = time.monotonic() + timeout
    while pending:
        try:
            name, findings = results.get(timeout=max(deadline - time.monotonic(), 0))
        except Empty:
            break
        del pending[name]
        results_found += findings
    return results_found + [
        _timeout_finding(name, topic, timeout) for name, (topic, _) in pending.items()
    ]


def _run_check(
    results: Queue[tuple[str, Sequence[Finding]]], name: str, topic: Topic, check: Check
) -> None:
    try:
        results.put((name, check()))
    except Exception as error:  # noqa: BLE001  # a failing check must not hide the others
        # The message may contain a secret; the exception's class does not.
        message = f"Looking at {name} broke off ({type(error).__name__})."
        results.put(
            (name, [Reporter(topic).wrong(message, "Try again; if it stays so, please tell us.")])
        )


def _timeout_finding(name: str, topic: Topic, timeout: float) -> Finding:
    message = f"Looking at {name} did not come to an end within {timeout:.0f} seconds."
    return Reporter(topic).wrong(message, "Try again later.")
