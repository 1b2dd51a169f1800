"""Contrast by WCAG 2, and themes whose texts can be read whatever the shop's colour."""

from __future__ import annotations

import colorsys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings.brand.colour import AA, contrast, darkened, mix, parse_colour, relative_luminance
from settings.brand.theme import CAFE_BROWN, TEXT_PAIRS, Theme, contrast_remarks, theme_of

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("text", "colour"),
    [
        ("#0a5", "#00aa55"),
        ("0A5", "#00aa55"),
        (" #F5D000 ", "#f5d000"),
        ("123456", "#123456"),
        ("red", "#ff0000"),
        ("Teal", "#008080"),
        ("dark olive green", "#556b2f"),
    ],
)
def test_colours_are_read(text: str, colour: str) -> None:
    assert parse_colour(text) == colour


@pytest.mark.parametrize("text", ["", "#", "grün", "#12345", "#1234567", "rgb(1,2,3)", "#ggg"])
def test_other_words_are_no_colours(text: str) -> None:
    with pytest.raises(ValueError, match='six digits, in quotes: "#00aa55"'):
        parse_colour(text)


def test_a_mistyped_name_of_a_colour_leads_to_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"Did you mean crimson\?"):
        parse_colour("crimsom")


@pytest.mark.parametrize(
    ("colour", "luminance"),
    [("#000000", 0), ("#ffffff", 1), ("#ff0000", 0.2126), ("#00ff00", 0.7152), ("#808080", 0.2159)],
)
def test_luminance(colour: str, luminance: float) -> None:
    assert relative_luminance(colour) == pytest.approx(luminance, abs=1e-4)


@pytest.mark.parametrize(
    ("colour", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21),
        ("#777777", "#ffffff", 4.48),  # the known grey just below AA
        ("#767676", "#ffffff", 4.54),
        ("#f5d000", "#ffffff", 1.51),
        ("#7a3b1d", "#7a3b1d", 1),
    ],
)
def test_contrast(colour: str, other: str, ratio: float) -> None:
    assert contrast(colour, other) == pytest.approx(ratio, abs=0.01)
    assert contrast(colour, other) == contrast(other, colour)


def test_a_mix_lies_between() -> None:
    assert mix("#000000", "#ffffff", 0.5) == "#808080"
    assert mix("#123456", "#ffffff", 0) == "#123456"


def test_a_colour_that_can_be_read_stays() -> None:
    assert darkened("#7a3b1d", ["#ffffff"]) == "#7a3b1d"


def test_a_darker_shade_keeps_its_hue() -> None:
    def hue(colour: str) -> float:
        return colorsys.rgb_to_hls(*(int(colour[at : at + 2], 16) for at in (1, 3, 5)))[0]

    assert hue(darkened("#f5d000", ["#ffffff"])) == pytest.approx(hue("#f5d000"), abs=0.01)


def unreadable(theme: Theme) -> list[str]:
    return [
        f"{mode}{text} on {mode}{ground}"
        for text, ground in TEXT_PAIRS
        for mode in ("", "dark_")
        if contrast(getattr(theme, mode + text), getattr(theme, mode + ground)) < AA
    ]


@given(colour=COLOURS, accent=st.none() | COLOURS)
def test_every_text_can_be_read_in_every_brand_light_and_dark(
    colour: str, accent: str | None
) -> None:
    assert unreadable(theme_of(colour, accent, "serif")) == []


def test_every_text_can_be_read_without_a_brand() -> None:
    assert unreadable(CAFE_BROWN) == []
    assert theme_of(None, None, "serif") == CAFE_BROWN


@given(colour=COLOURS)
def test_dark_is_dark_and_light_is_light(colour: str) -> None:
    theme = theme_of(colour, None, "sans")
    assert max(map(relative_luminance, (theme.dark_ground, theme.dark_card))) < 0.05
    assert min(map(relative_luminance, (theme.ground, theme.card))) > 0.8


def test_a_correction_is_reported_with_the_contrast() -> None:
    [remark] = contrast_remarks("#f5d000", None)
    shade = theme_of("#f5d000", None, "serif").button
    assert remark == (
        f"brand: #f5d000 on white has 1.5:1, and text needs 4.5:1; buttons and links use {shade}."
    )


def test_a_colour_too_light_for_its_tint_alone_is_reported_with_the_tint() -> None:
    [remark] = contrast_remarks("#e60000", None)
    assert "#e60000 on #fef2f2 has 4.3:1" in remark


def test_a_readable_colour_needs_no_remark() -> None:
    assert contrast_remarks("#7a3b1d", "#1144cc") == []
    assert contrast_remarks(None, None) == []


def test_an_accent_is_corrected_too() -> None:
    [remark] = contrast_remarks(None, "#ffee00")
    assert remark.startswith("brand: #ffee00 on white has 1.2:1, and stars need 4.5:1;")
