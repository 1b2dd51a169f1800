"""Logo and photo: kinds that e-mail programs show, their size, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings.brand.picture_file import parse_picture, read_picture
from settings.brand.png_alpha import opaque_share, white_share
from tests.settings.brand.pictures import gif, jpeg, png


@pytest.mark.parametrize(
    ("data", "kind"),
    [(png(300, 120), "png"), (gif(300, 120), "gif"), (jpeg(300, 120), "jpg")],
    ids=["png", "gif", "jpeg"],
)
def test_kind_and_size_are_read(data: bytes, kind: str) -> None:
    picture = parse_picture(data, "logo")
    assert (picture.kind, picture.width, picture.height) == (kind, 300, 120)
    assert not picture.has_transparency


def test_transparency_is_seen() -> None:
    assert parse_picture(png(10, 10, alpha=True), "logo.png").has_transparency


def test_a_name_changes_with_the_content() -> None:
    first, second = (parse_picture(png(10, height), "logo.png") for height in (10, 11))
    assert first.name != second.name
    assert first.name == parse_picture(png(10, 10), "other.png").name


REFUSED = {
    "an SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "is an SVG drawing, which e-mail"),
    "a WebP": (b"RIFF\x10\0\0\0WEBPVP8 ", "is no PNG, JPEG or GIF"),
    "nothing": (b"", "is no PNG, JPEG or GIF"),
    "half a PNG": (png(10, 10)[:18], "is no PNG, JPEG or GIF"),
    "half a JPEG": (jpeg(10, 10)[:14], "is no PNG, JPEG or GIF"),
    "a JPEG without end": (b"\xff\xd8" + b"\xff" * 50, "is no PNG, JPEG or GIF"),
    "a huge one": (png(5_000, 1), "is 5000 × 1 pixels"),
    "an empty one": (gif(0, 5), "is 0 × 5 pixels"),
}


@pytest.mark.parametrize(("data", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_other_files_are_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse_picture(data, "logo.png")


def test_a_logo_of_more_than_a_hundred_kilobytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(png(20, 20) + b"\0" * 100_000)
    with pytest.raises(ValueError, match=r"logo.png has 101 kB, and at most 100 fit a mail"):
        read_picture(tmp_path, "logo.png", "logo")
    assert read_picture(tmp_path, "logo.png", "photo").width == 20


def test_a_missing_file_has_a_suggestion(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(png(20, 20))
    with pytest.raises(ValueError, match=r'no file logo[.]jpg.*Did you mean "logo[.]png"'):
        read_picture(tmp_path, "logo.jpg", "logo")


def test_a_file_elsewhere_is_refused(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    (tmp_path / "logo.png").write_bytes(png(20, 20))
    (shop / "link.png").symlink_to(tmp_path / "logo.png")
    for file in ("../logo.png", str(tmp_path / "logo.png"), "link.png"):
        with pytest.raises(ValueError, match=r"lies outside the folder of config.yaml"):
            read_picture(shop, file, "logo")


def test_letters_on_nothing_need_a_ground_in_dark_mode() -> None:
    assert parse_picture(png(40, 40, alpha=True, opaque=0.3), "logo.png").needs_light_ground
    assert not parse_picture(png(40, 40, alpha=True, opaque=0.8), "logo.png").needs_light_ground
    assert not parse_picture(png(40, 40), "logo.png").needs_light_ground
    assert not parse_picture(jpeg(40, 40), "logo.jpg").needs_light_ground


@pytest.mark.parametrize("row_filter", range(5))
def test_the_opaque_share_is_the_same_with_every_filter(row_filter: int) -> None:
    data = png(40, 10, alpha=True, opaque=0.25, row_filter=row_filter)
    assert opaque_share(data) == pytest.approx(0.25)


def test_the_opaque_share_of_a_broken_png_is_unknown() -> None:
    data = png(40, 40, alpha=True)
    for length in range(0, len(data), 3):
        opaque_share(data[:length])
    assert opaque_share(data[:60]) is None
    assert opaque_share(png(40, 40)) is None


@pytest.mark.parametrize("row_filter", range(5))
@pytest.mark.parametrize(
    ("colour", "share"), [("#ffffff", 1), ("#f5f0e8", 1), ("#7a3b1d", 0), ("#ffff00", 0)]
)
def test_how_much_of_a_drawing_is_white(colour: str, share: float, row_filter: int) -> None:
    data = png(12, 9, alpha=True, colour=colour, row_filter=row_filter)
    assert white_share(data) == share
    assert parse_picture(data, "logo.png").is_white_on_nothing is (share == 1)


def test_a_white_logo_with_a_ground_of_its_own_is_seen() -> None:
    assert not parse_picture(png(12, 9, colour="#ffffff"), "logo.png").is_white_on_nothing
    assert white_share(png(12, 9, alpha=True, opaque=0)) is None
