"""All checks together: in parallel, sorted and limited in time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from threading import Event

import httpx

from engine.doctor.examination import Environment, run_doctor, run_in_parallel
from engine.doctor.http import HttpClient
from engine.live.finding import Finding, FindingKind, Topic
from tests.cafe import Cafe
from tests.engine.doctor.healthy_domain import (
    SHOP,
    THROUGH_SENDGRID,
    FakeResolver,
    error_messages,
    load_config,
)
from tests.engine.doctor.test_machine import machine

FINE = Finding(Topic.MAILS, FindingKind.OK, "All is well.")


def test_a_hanging_check_times_out_and_delays_no_other(cafe: Cafe) -> None:
    never = Event()

    def hangs() -> Sequence[Finding]:
        never.wait(60)
        return []

    begun = time.monotonic()
    findings = run_in_parallel(
        {"the disk": (Topic.MACHINE, hangs), "your mails": (Topic.MAILS, lambda: [FINE])}, 0.3
    )
    assert time.monotonic() - begun < 10
    never.set()
    assert findings[0] == FINE
    assert findings[1].kind == "wrong"
    assert findings[1].message.startswith("Looking at the disk did not come to an end")


def test_a_failing_check_is_reported_without_its_message() -> None:
    def breaks() -> Sequence[Finding]:
        raise RuntimeError("the password is flat white")

    [finding] = run_in_parallel({"your mails": (Topic.MAILS, breaks)}, 5)
    assert (finding.about, finding.kind) == ("your mails", "wrong")
    assert "RuntimeError" in finding.message
    assert "flat white" not in str(finding)


def refuse_connection(_request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


def environment(free_bytes: int = 10**11) -> Environment:
    return Environment(
        FakeResolver(records={}),
        HttpClient(httpx.MockTransport(refuse_connection)),
        machine(free_bytes),
    )


def test_errors_come_first(cafe: Cafe) -> None:
    cafe.shop = replace(cafe.shop, config=load_config(cafe.path.parent, SHOP + THROUGH_SENDGRID))
    findings = run_doctor(cafe.shop, environment())
    kinds = [finding.kind for finding in findings]
    assert kinds == sorted(kinds, key=["wrong", "warning", "ok"].index)
    assert {finding.about for finding in findings} == set(Topic)
    assert all(finding.remedy for finding in findings if finding.kind != "ok")
    assert "SG.look-alike" not in str(findings)


def test_with_local_delivery_only_the_machine_has_errors(cafe: Cafe) -> None:
    assert error_messages(run_doctor(cafe.shop, environment())) == []
    [message] = {*error_messages(run_doctor(cafe.shop, environment(free_bytes=1)))}
    assert "room for" in message
