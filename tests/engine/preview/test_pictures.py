"""Pictures that no e-mail program can load."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from engine.preview.pictures import local_pictures, picture_remarks
from regulars import cli
from tests.cafe import MARCH, Cafe

RULES = """
rules:
  hello:
    when: subscribed
    then: [{send: hello, with: {treat: a bun, valid for: 3 days}}]
"""
TEMPLATE = """{% extends "layout.html" %}
{% block subject %}Hello{% endblock %}
{% block content %}
<p><img src="logo.png" alt="Us">{{ with.treat }} {{ with.valid_until }}</p>
{% endblock %}
"""


@pytest.mark.parametrize(
    ("source", "is_local"),
    [
        ("logo.png", True),
        ("../logo.png", True),
        ("file:///logo.png", True),
        ("", True),
        ("https://cornercafe.example/logo.png", False),
        ("cid:logo@cornercafe.example", False),
        ("data:image/gif;base64,R0lGODlhAQABAAAAACw=", False),
    ],
)
def test_a_picture_needs_an_address_on_the_web(source: str, is_local: bool) -> None:
    assert local_pictures(f'<p><img alt="" src="{source}"></p>') == ([source] if is_local else [])


def test_check_and_preview_name_the_picture(
    sqlite: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "hello.html").write_text(TEMPLATE)
    cafe = Cafe(sqlite, tmp_path, RULES)
    [remark] = picture_remarks(cafe.shop.config, cafe.shop.renderer)
    assert remark.startswith("The picture logo.png in templates/hello.html is missing")
    monkeypatch.chdir(tmp_path)
    cli.app(["check"], standalone_mode=False)
    assert remark in capsys.readouterr().out
    cli.app(["preview", "--at", MARCH.isoformat()], standalone_mode=False)
    assert "logo.png in templates/hello.html" in (tmp_path / "preview" / "hello.html").read_text()
