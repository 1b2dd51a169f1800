"""A picture that mails link to stays where they look for it when the shop has a new one."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings.brand.appearance import Appearance
from settings.brand.config import Brand
from settings.brand.load import MAX_ATTACHED_BYTES, load_appearance
from settings.brand.picture_file import PictureFile
from settings.brand.sent_pictures import (
    FOLDER,
    keep_sent_pictures,
    sent_picture,
    sent_pictures,
)
from tests.settings.brand.pictures import png

ADDRESS = "https://mail.cornercafe.example"


def look(folder: Path, width: int, *, is_large: bool = True) -> Appearance:
    padding = b"\0" * MAX_ATTACHED_BYTES if is_large else b""
    (folder / "logo.png").write_bytes(png(width, 60) + padding)
    return load_appearance(Brand(logo="logo.png"), folder, ADDRESS)


def logo_of(appearance: Appearance) -> PictureFile:
    assert appearance.logo
    return appearance.logo.file


def test_an_earlier_logo_is_found_after_a_new_one(tmp_path: Path) -> None:
    first, second = (look(tmp_path, width) for width in (60, 80))
    keep_sent_pictures(tmp_path, first)
    keep_sent_pictures(tmp_path, second)
    keep_sent_pictures(tmp_path, second)
    for appearance in (first, second):
        kept = sent_picture(tmp_path, logo_of(appearance).name)
        assert kept
        assert kept.data == logo_of(appearance).data
    assert len(sent_pictures(tmp_path)) == len([*(tmp_path / FOLDER).iterdir()]) == 2


def test_a_picture_that_travels_with_the_mail_is_not_kept(tmp_path: Path) -> None:
    keep_sent_pictures(tmp_path, look(tmp_path, 60, is_large=False))
    assert not (tmp_path / FOLDER).exists()


def test_a_folder_that_cannot_be_written_stops_no_mail(tmp_path: Path) -> None:
    appearance = look(tmp_path, 60)
    (tmp_path / FOLDER).write_text("a file")
    keep_sent_pictures(tmp_path, appearance)
    assert sent_picture(tmp_path, logo_of(appearance).name) is None
    assert sent_pictures(tmp_path) == []


@pytest.mark.parametrize(
    "name", ["../config.yaml", "logo.png", "", f"{'0' * 16}.png", f"{'0' * 16}.svg", ".."]
)
def test_nothing_else_of_the_folder_is_shown(name: str, tmp_path: Path) -> None:
    keep_sent_pictures(tmp_path, look(tmp_path, 60))
    (tmp_path / "config.yaml").write_text("shop:")
    assert sent_picture(tmp_path, name) is None


def test_a_file_that_was_changed_is_not_shown(tmp_path: Path) -> None:
    appearance = look(tmp_path, 60)
    keep_sent_pictures(tmp_path, appearance)
    kept = tmp_path / FOLDER / logo_of(appearance).name
    kept.write_bytes(png(10, 10))
    assert sent_picture(tmp_path, kept.name) is None
    kept.write_bytes(b"no picture")
    assert sent_picture(tmp_path, kept.name) is None
