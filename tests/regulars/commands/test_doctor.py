"""`doctor`: output, exit status, and the stored findings."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import typer
from sqlalchemy import Engine

from engine.doctor.examination import Environment
from engine.doctor.http import HttpClient
from engine.live.doctor_results import live_block_reason
from engine.open.open_shop import OpenShop, open_shop
from regulars.commands.doctor import run
from tests.engine.doctor.healthy_domain import SECRETS, SHOP, THROUGH_SENDGRID, FakeResolver
from tests.engine.doctor.test_machine import machine

RULE = """
rules:
  cart:
    when: cart abandoned
    for: 3 hours
    then: [{send: cart-reminder}]
"""


@pytest.fixture
def config(sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, secret in SECRETS.items():
        monkeypatch.setenv(name, secret)
    path = tmp_path / "config.yaml"
    path.write_text(SHOP + THROUGH_SENDGRID + RULE)
    return path


def sendgrid(request: httpx.Request) -> httpx.Response:
    """A healthy SendGrid account and public address."""
    now = {"date": datetime(2026, 3, 3, 10, tzinfo=UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")}
    if request.url.path == "/v3/scopes":
        return httpx.Response(200, json={"scopes": ["mail.send"]}, headers=now)
    if request.url.path.startswith("/u/"):
        return httpx.Response(200, text='<form method="post" action="?by=page">', headers=now)
    return httpx.Response(200, text="ok", headers=now)


def world(dns: FakeResolver) -> Environment:
    return Environment(dns, HttpClient(httpx.MockTransport(sendgrid)), machine())


def reopened(config: Path) -> OpenShop:
    return open_shop(config)


def test_a_healthy_shop_may_go_live(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert live_block_reason(reopened(config), datetime.now(UTC))
    run(config, as_json=False, environment=world(FakeResolver()))
    output = capsys.readouterr().out
    assert "Nothing wrong, 1 warning." in output
    assert output.index("! SendGrid does not tell") < output.index("✓")
    assert live_block_reason(reopened(config), datetime.now(UTC)) is None


def test_an_error_exits_with_1_and_blocks_going_live(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dns = FakeResolver()
    del dns.records["_dmarc.cornercafe.com", "TXT"]
    with pytest.raises(typer.Exit) as exit_info:
        run(config, as_json=False, environment=world(dns))
    assert exit_info.value.exit_code == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Your domain"
    assert lines[1].startswith("  ✗ cornercafe.com does not say what to do")
    assert lines[2].startswith("    → Enter a TXT record at _dmarc.cornercafe.com")
    assert "(DMARC)" in str(live_block_reason(reopened(config), datetime.now(UTC)))


def test_json_output_holds_no_secret(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(config, as_json=True, environment=world(FakeResolver()))
    output = capsys.readouterr().out
    document = json.loads(output)
    assert document["wrong"] == 0
    assert {tuple(finding) for finding in document["findings"]} == {
        ("about", "kind", "message", "remedy")
    }
    assert not any(secret in output for secret in (*SECRETS.values(), reopened(config).secret))


def test_a_rehearsal_gets_warnings_only(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(config.read_text().replace("through: sendgrid", "through: outbox"))
    run(config, as_json=False, environment=world(FakeResolver(records={})))
    output = capsys.readouterr().out
    assert "✗" not in output
    assert "Mail reaches nobody yet" in output
