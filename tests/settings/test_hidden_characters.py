"""Hidden characters are taken out of what customers write, and refused where the owner writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from engine.config.owner_config import load_owner_config
from settings.text.hidden_characters import is_hidden, without_hidden_characters
from settings.yaml.load import ConfigError
from tests.cafe import FILE

HIDDEN = "\x00\x07\x1b\x7f\x9b\u00ad\u200b\u200e\u200f\u202a\u202e\u2066\u2069\ufeff\ue010\ue021"
KEPT = "Ana João 李 👩‍🍳 שלום می‌خواهم\n\t€ 12,50"


def test_hidden_characters_are_left_out_and_others_kept() -> None:
    assert without_hidden_characters(f"gnp{HIDDEN}.exe") == "gnp.exe"
    assert without_hidden_characters(KEPT) == KEPT
    assert without_hidden_characters(Markup("<b>a\u202e</b>")) == Markup("<b>a</b>")


@given(st.text())
def test_nothing_hidden_is_left(text: str) -> None:
    visible = without_hidden_characters(text)
    assert not any(map(is_hidden, visible))
    assert without_hidden_characters(visible) == visible


@pytest.mark.parametrize(
    "name",
    [
        r"Corner\r\nBcc: x@y.example",
        r"Corner\nCafé",
        r"Corner\u202EéfaC",
        r"Corner\u200BCafé",
        r"Corner\uE021Café",
        r"Corner\u2028Café",
    ],
)
@pytest.mark.parametrize("place", ["Corner Café\n", "Ana at Corner Café <"])
def test_a_name_of_the_shop_is_refused_with_a_hidden_character(
    tmp_path: Path, name: str, place: str
) -> None:
    path = tmp_path / "config.yaml"
    address = "<ana@cornercafe.example>"
    from_ = f'"Ana {name} {address}"' if "<" in place else f"Ana {address}"
    shop = "Corner Café" if "<" in place else f'"{name}"'
    file = FILE.replace("name: Corner Café", f"name: {shop}")
    path.write_text(file.replace(f"Ana at Corner Café {address}", from_))
    with pytest.raises(ConfigError) as refused:
        load_owner_config(path, {})
    [mistake] = refused.value.mistakes
    assert mistake.where in ("shop → name", "sending → from")


def test_a_postal_address_may_have_lines_but_nothing_hidden(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    postal = "postal address: Rua das Flores 12, 1200-192 Lisboa"
    path.write_text(FILE.replace(postal, r'postal address: "Rua das Flores 12\n1200-192 Lisboa"'))
    load_owner_config(path, {})
    path.write_text(FILE.replace(postal, r'postal address: "Rua \u202Edas Flores 12"'))
    with pytest.raises(ConfigError, match=r"U\+202E"):
        load_owner_config(path, {})
