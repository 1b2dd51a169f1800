"""The pages of a shop that is served."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx

from engine.open.open_shop import open_shop
from regulars.commands.serve_pages import Door, served
from regulars.terminal.log import Form, Log
from tests.cafe import FILE


def test_the_pages_follow_the_file(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(FILE)
    said = io.StringIO()
    log = Log(Form.TEXT, ZoneInfo("Europe/Lisbon"), lambda: datetime.now(UTC), said)
    with (
        served(open_shop(config), Door("127.0.0.1", 0), log) as pages,
        httpx.Client(base_url=pages.address, trust_env=False) as client,
    ):
        assert "Corner Café" in client.get("/nowhere").text
        config.write_text(FILE.replace("Corner Café", "Kiosk by the River"))
        pages.show(open_shop(config))
        assert "Kiosk by the River" in client.get("/nowhere").text
    assert "GET … 404" in said.getvalue()
    assert not answers(pages.address)


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health", trust_env=False).is_success
    except httpx.ConnectError:
        return False
