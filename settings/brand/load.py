"""Turns the `brand:` block and its files into what mails and pages show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from settings.brand.appearance import Appearance, Links, Picture
from settings.brand.config import Brand
from settings.brand.picture_file import PictureFile, read_picture
from settings.brand.theme import contrast_remarks, theme_of
from settings.errors import OwnerFileError
from settings.yaml.load import Plain, Violation

MAX_ATTACHED_BYTES = 40_000
"""A larger picture is linked, where the shop has pages that can serve it over HTTPS."""
LOGO_BOX = (220, 48)  # CSS pixels
PHOTO_WIDTH = 494  # CSS pixels: the width of a letter within its margins
PICTURE_PATH = "brand"  # below the public address
PICTURES = ("logo", "photo")
WHITE_LOGO = (
    "brand: {file} is white on a transparent ground, and the ground of mails and pages is white:"
    " nobody sees it. Save it in a dark colour, or on a ground of its own."
)


def load_appearance(brand: Brand | None, folder: Path, public_address: str | None) -> Appearance:
    """Returns the look that `brand` describes, its files read from `folder`.

    Raises OwnerFileError where a picture is missing or no use for mail.
    """
    if brand is None:
        return Appearance()
    return Appearance(
        theme=theme_of(brand.colour, brand.accent, brand.font),
        links=Links(**brand.links.model_dump()),
        logo=_picture(brand.logo, folder, "logo", public_address),
        photo=_picture(brand.photo, folder, "photo", public_address),
    )


def brand_remarks(brand: Brand | None) -> list[str]:
    """Returns sentences about colours that are corrected."""
    return contrast_remarks(brand.colour, brand.accent) if brand else []


def logo_remarks(brand: Brand | None, appearance: Appearance) -> list[str]:
    """Returns a sentence about a logo that nobody sees on the ground of mails."""
    if brand is None or appearance.logo is None or not appearance.logo.file.is_white_on_nothing:
        return []
    return [WHITE_LOGO.format(file=brand.logo)]


def pictures_check(folder: Path) -> Callable[[Plain], Iterable[Violation]]:
    """Returns a check that logo and photo are in `folder` and can be shown in a mail."""

    def check(document: Plain) -> Iterable[Violation]:
        brand = document.get("brand") if isinstance(document, Mapping) else None
        for use in PICTURES:
            file = brand.get(use) if isinstance(brand, Mapping) else None
            if isinstance(file, str) and file.strip():
                try:
                    read_picture(folder, file.strip(), use)
                except (ValueError, OSError) as error:
                    yield Violation(("brand", use), str(error))

    return check


def _picture(
    file: str | None, folder: Path, use: str, public_address: str | None
) -> Picture | None:
    if file is None:
        return None
    try:
        picture = read_picture(folder, file, use)
    except (ValueError, OSError) as error:
        raise OwnerFileError(f"brand: {use}: {error}") from error
    width, height = _shown_size(picture, use)
    return Picture(
        picture, _address(picture, public_address), width, height, f"{use}.{picture.kind}"
    )


def _address(picture: PictureFile, public_address: str | None) -> str | None:
    """Where the picture is served; None where it travels with the mail."""
    is_served = public_address is not None and public_address.startswith("https://")
    if not is_served or len(picture.data) <= MAX_ATTACHED_BYTES:
        return None
    return f"{public_address}/{PICTURE_PATH}/{picture.name}"


def _shown_size(picture: PictureFile, use: str) -> tuple[int, int]:
    box = LOGO_BOX if use == "logo" else (PHOTO_WIDTH, PHOTO_WIDTH * 2)
    scale = min(box[0] / picture.width, box[1] / picture.height)
    if use == "logo":
        scale = min(scale, 1)
    return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
