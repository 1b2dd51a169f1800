"""The shop's look on its pages, without scripts and without other requests."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from engine.config.owner_config import load_owner_config
from pages.app import page_renderer
from pages.responses import page_response, picture_response
from settings.brand.picture_file import parse_picture
from tests.cafe import FILE, Cafe
from tests.pages.visitors import OpenPages
from tests.settings.brand.pictures import png


def response_of(folder: Path, brand: str) -> tuple[str, str]:
    """The unsubscribe page, and its Content-Security-Policy."""
    (folder / "logo.png").write_bytes(png(60, 60, alpha=True))
    (folder / "config.yaml").write_text(FILE + brand)
    config = load_owner_config(folder / "config.yaml", {})
    renderer = page_renderer(folder, config.shop, config.language, config.appearance(folder))
    assert renderer.mistakes == []
    response = page_response(renderer, "unsubscribe")
    return bytes(response.body).decode(), response.headers["Content-Security-Policy"]


def test_a_page_has_the_shops_colours(tmp_path: Path) -> None:
    html, policy = response_of(tmp_path, '\nbrand:\n  colour: "#1144cc"\n')
    assert "background: #1144cc" in html
    assert "img-src" not in policy
    assert "script" not in policy


def test_a_logo_is_in_the_page_itself(tmp_path: Path) -> None:
    html, policy = response_of(tmp_path, "\nbrand:\n  logo: logo.png\n")
    assert '<img class="logo" src="data:image/png;base64,' in html
    assert policy.endswith("; img-src data:")
    assert "Corner Café</span>" in html


def test_a_linked_picture_is_served_and_may_be_kept(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(png(60, 60))
    (tmp_path / "config.yaml").write_text(FILE + "\nbrand:\n  logo: logo.png\n")
    config = load_owner_config(tmp_path / "config.yaml", {})
    [picture] = config.appearance(tmp_path).pictures
    response = picture_response(picture.file)
    assert response.body == png(60, 60)
    assert response.headers["Content-Type"] == "image/png"
    assert "immutable" in response.headers["Cache-Control"]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_logo_that_older_mails_link_to_is_still_served(engine: Engine, tmp_path: Path) -> None:
    cafe = Cafe(engine, tmp_path, "rules: {}\n")
    earlier = parse_picture(png(60, 60), "logo.png")
    visit = OpenPages(cafe).visit
    assert visit("GET", f"/brand/{earlier.name}").status_code == 404
    (tmp_path / "sent-pictures").mkdir()
    (tmp_path / "sent-pictures" / earlier.name).write_bytes(earlier.data)
    response = visit("GET", f"/brand/{earlier.name}")
    assert (response.status_code, response.content) == (200, earlier.data)
    assert response.headers["Content-Type"] == "image/png"
    assert visit("GET", "/brand/config.yaml").status_code == 404
