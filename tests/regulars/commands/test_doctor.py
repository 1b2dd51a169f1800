"""`doctor` as owners and scripts meet it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import typer
from sqlalchemy import Engine

from engine.doctor.http import Web
from engine.doctor.run import World
from engine.live.doctor_results import may_go_live
from engine.open.open_shop import OpenShop, open_shop
from regulars.commands.doctor import run
from tests.engine.doctor.test_machine import machine
from tests.engine.doctor.world import SECRETS, SHOP, THROUGH_SENDGRID, Published

RULE = """
rules:
  cart:
    when: cart abandoned
    for: 3 hours
    then: [{send: cart-reminder}]
"""


@pytest.fixture
def config(sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "config.yaml"
    path.write_text(SHOP + THROUGH_SENDGRID + RULE)
    return path


def sendgrid(request: httpx.Request) -> httpx.Response:
    """All is well at SendGrid, and at the café's own door."""
    now = {"date": datetime(2026, 3, 3, 10, tzinfo=UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")}
    if request.url.path == "/v3/scopes":
        return httpx.Response(200, json={"scopes": ["mail.send"]}, headers=now)
    if request.url.path.startswith("/u/"):
        return httpx.Response(200, text='<form method="post" action="?by=page">', headers=now)
    return httpx.Response(200, text="ok", headers=now)


def world(names: Published) -> World:
    return World(names, Web(httpx.MockTransport(sendgrid)), machine())


def opened(config: Path) -> OpenShop:
    return open_shop(config)


def test_a_shop_that_is_well_may_go_live_from_then_on(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert may_go_live(opened(config), datetime.now(UTC))
    run(config, as_json=False, world=world(Published()))
    said = capsys.readouterr().out
    assert "Nothing wrong, 1 warning." in said
    assert said.index("! SendGrid does not tell") < said.index("✓")
    assert may_go_live(opened(config), datetime.now(UTC)) is None


def test_what_is_wrong_ends_with_1_and_keeps_the_shop_from_going_live(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = Published()
    del names.rows["_dmarc.cornercafe.com", "TXT"]
    with pytest.raises(typer.Exit) as end:
        run(config, as_json=False, world=world(names))
    assert end.value.exit_code == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Your domain"
    assert lines[1].startswith("  ✗ cornercafe.com does not say what to do")
    assert lines[2].startswith("    → Enter a TXT record at _dmarc.cornercafe.com")
    assert "(DMARC)" in str(may_go_live(opened(config), datetime.now(UTC)))


def test_one_document_and_nothing_secret_in_it(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(config, as_json=True, world=world(Published()))
    said = capsys.readouterr().out
    document = json.loads(said)
    assert document["wrong"] == 0
    assert {tuple(one) for one in document["findings"]} == {("about", "kind", "what", "remedy")}
    assert not any(secret in said for secret in (*SECRETS.values(), opened(config).secret))


def test_a_rehearsal_is_only_warned(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(config.read_text().replace("through: sendgrid", "through: outbox"))
    run(config, as_json=False, world=world(Published(rows={})))
    said = capsys.readouterr().out
    assert "✗" not in said
    assert "Mail reaches nobody yet" in said
