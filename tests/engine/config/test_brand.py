"""The `brand:` block: what is accepted, what is refused with a sentence, and what it changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.config.owner_config import OwnerConfig, config_remarks, load_owner_config
from settings.brand.load import logo_remarks
from settings.errors import RegularsError
from tests.cafe import FILE
from tests.settings.brand.pictures import png


def load(folder: Path, brand: str) -> OwnerConfig:
    lines = "".join(f"  {line}\n" for line in brand.splitlines())
    (folder / "config.yaml").write_text(f"{FILE}\nbrand:\n{lines}")
    (folder / "logo.png").write_bytes(png(300, 100))
    return load_owner_config(folder / "config.yaml", {})


def test_a_brand_is_read(tmp_path: Path) -> None:
    brand = """logo: logo.png
colour: "#0a5"
accent: f5d000
font: sans
links:
  shop: https://cornercafe.example/?from=mail#menu
  book: cal.example/ana"""
    with pytest.raises(RegularsError, match=r"Write https://cal.example/ana"):
        load(tmp_path, brand)
    config = load(tmp_path, brand.replace("cal.example", "https://cal.example"))
    look = config.appearance(tmp_path)
    assert look.links.shop == "https://cornercafe.example/?from=mail#menu"
    assert look.links.map is None
    assert look.logo
    assert (look.logo.width, look.logo.height) == (144, 48)
    assert look.theme.headline_font == look.theme.text_font


REFUSED = {
    "color": ('color: "#0a5"', 'Did you mean "colour"'),
    "a colour without quotes": ("colour: #0a5", "quotes"),
    "a mistyped colour": ("colour: gren", "Did you mean green"),
    "a font": ("font: Comic Sans", "serif"),
    "a missing logo": ("logo: logo.jpg", 'Did you mean "logo.png"'),
    "an unknown link": ("links:\n  twitter: https://x.example", "twitter"),
    "a link that is none": ("links:\n  shop: javascript:alert(1)", "no web address"),
    "a link with a name": ("links:\n  shop: https://shop@evil.example", "no web address"),
}


@pytest.mark.parametrize(("brand", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_mistakes_are_named(tmp_path: Path, brand: str, sentence: str) -> None:
    with pytest.raises(RegularsError) as error:
        load(tmp_path, brand)
    assert sentence in str(error.value)


def test_check_reports_a_corrected_colour(tmp_path: Path) -> None:
    remarks = config_remarks(load(tmp_path, 'colour: "#f5d000"'))
    assert any("#f5d000 on white has 1.5:1" in remark for remark in remarks)


def test_a_shop_without_a_brand_keeps_its_look(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(FILE)
    look = load_owner_config(tmp_path / "config.yaml", {}).appearance(tmp_path)
    assert look.theme.button == "#7a3b1d"
    assert look.pictures == ()


def test_a_white_logo_on_nothing_is_a_remark(tmp_path: Path) -> None:
    config = load(tmp_path, "logo: logo.png")
    assert logo_remarks(config.brand, config.appearance(tmp_path)) == []
    (tmp_path / "logo.png").write_bytes(png(300, 100, alpha=True, colour="#fefefe"))
    [remark] = logo_remarks(config.brand, config.appearance(tmp_path))
    assert "logo.png is white on a transparent ground" in remark
