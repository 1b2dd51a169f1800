"""The till card in the shop's look."""

from __future__ import annotations

from pathlib import Path

from regulars.till_card_svg import draw_card
from settings.brand.config import Brand
from settings.brand.load import load_appearance
from tests.settings.brand.pictures import png

ADDRESS = "https://mail.cornercafe.example/join"


def card(folder: Path, logo: bytes) -> str:
    (folder / "logo.png").write_bytes(logo)
    brand = Brand(logo="logo.png", colour="#1144cc")
    return draw_card("Corner Café", "Come in.", ADDRESS, load_appearance(brand, folder, None))


def test_a_mark_stands_above_the_name_in_the_shops_colour(tmp_path: Path) -> None:
    svg = card(tmp_path, png(60, 60))
    assert 'href="data:image/png;base64,' in svg
    assert 'fill="#1144cc"' in svg
    assert svg.count("Corner Café") == 2  # title and name


def test_a_logo_with_the_name_in_it_stands_alone(tmp_path: Path) -> None:
    assert card(tmp_path, png(300, 60)).count("Corner Café") == 1
