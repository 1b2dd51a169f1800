"""The pages of a served shop."""

from __future__ import annotations

import io
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx

from engine.open.open_shop import open_shop
from regulars.serve.pages import PagesAddress, serve_pages
from regulars.terminal.log import Redactor, TextFormatter, logging_to, make_handler
from tests.cafe import FILE


def test_served_pages_follow_the_config(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(FILE)
    stream = io.StringIO()
    handler = make_handler(TextFormatter(Redactor(), ZoneInfo("Europe/Lisbon")), stream)
    with (
        logging_to(handler),
        serve_pages(open_shop(config), PagesAddress("127.0.0.1", 0)) as pages,
        httpx.Client(base_url=pages.address, trust_env=False) as client,
    ):
        assert "Corner Café" in client.get("/nowhere").text
        config.write_text(FILE.replace("Corner Café", "Kiosk by the River"))
        pages.show_shop(open_shop(config))
        assert "Kiosk by the River" in client.get("/nowhere").text
    assert "GET … 404" in stream.getvalue()
    assert not answers(pages.address)


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health", trust_env=False).is_success
    except httpx.ConnectError:
        return False
