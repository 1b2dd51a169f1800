"""The owner's pages of a served shop: their port, their link, and changes of the config."""

from __future__ import annotations

import io
import os
import pty
import re
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from engine.config.owner_pages import DEFAULT_PORT
from engine.open.open_shop import open_shop
from pages.server import listening_socket
from regulars.serve.owner_pages import (
    OwnerPort,
    ServedOwnerPages,
    owner_port,
    print_link,
    serve_owner_pages,
    where_they_are,
)
from regulars.terminal.log import Redactor, TextFormatter, logging_to, make_handler
from settings.errors import UnavailableError
from tests.cafe import FILE

WITH_PASSCODE = f"{FILE}\npages: {{passcode: $REGULARS_PASSCODE}}\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(FILE)
    (tmp_path / ".env").write_text("REGULARS_PASSCODE=three green apples\n")
    return path


def test_they_follow_the_config(config: Path) -> None:
    with (
        serve_owner_pages(open_shop(config), OwnerPort(port=0)) as pages,
        httpx.Client(trust_env=False) as client,
    ):
        assert pages
        assert "the link that" in client.get(f"{pages.address}/sign-in").text
        assert "no passcode" in where_they_are(pages)
        config.write_text(WITH_PASSCODE)
        pages.show_shop(open_shop(config))
        assert "Passcode" in client.get(f"{pages.address}/sign-in").text
        assert where_they_are(pages) == pages.address


def test_a_link_is_printed_on_a_terminal_alone(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = ServedOwnerPages(open_shop(config), "http://127.0.0.1:8801")
    log = io.StringIO()
    monkeypatch.setattr(sys, "stderr", log)
    print_link(pages)
    assert log.getvalue() == ""
    reader, writer = pty.openpty()
    with os.fdopen(writer, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        print_link(pages)
        terminal.flush()
        line = os.read(reader, 10_000).decode()
    os.close(reader)
    assert re.search(r"http://127\.0\.0\.1:8801/link/[\w-]{43}\s", line)


def test_the_port_of_the_command_wins_over_that_of_the_file(config: Path) -> None:
    shop = open_shop(config)
    assert owner_port(shop, None) == OwnerPort(port=DEFAULT_PORT, is_asked_for=False)
    config.write_text(f"{FILE}\npages: {{port: 8900}}\n")
    shop = open_shop(config)
    assert owner_port(shop, None) == OwnerPort(port=8900, is_asked_for=True)
    assert owner_port(shop, 0) == OwnerPort(port=0, is_asked_for=True)


def test_a_default_port_that_is_taken_stops_nothing(config: Path) -> None:
    """Ten shops on one machine are served without a port of each."""
    stream = io.StringIO()
    handler = make_handler(TextFormatter(Redactor(), ZoneInfo("Europe/Lisbon")), stream)
    with listening_socket("127.0.0.1", 0) as other, logging_to(handler):
        other.listen()
        port = other.getsockname()[1]
        with serve_owner_pages(open_shop(config), OwnerPort(port=port)) as pages:
            assert pages is None
        assert "not served." in stream.getvalue()
        assert "--owner-port" in stream.getvalue()
        taken = OwnerPort(port=port, is_asked_for=True)
        with pytest.raises(UnavailableError, match="--owner-port"):
            serve_owner_pages(open_shop(config), taken).__enter__()
