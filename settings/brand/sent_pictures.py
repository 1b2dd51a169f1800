"""Keeps each picture that mails link to, so that older mails show it after it was replaced.

A picture is kept in the shop's folder by the digest of its content, which its address names too.
"""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from settings.brand.appearance import Appearance
from settings.brand.picture_file import MAX_BYTES, PictureFile, parse_picture

FOLDER = "sent-pictures"  # beside config.yaml
NAME = re.compile(r"[0-9a-f]{16}\.(?:png|jpg|gif)")  # see PictureFile.name


def keep_sent_pictures(folder: Path, appearance: Appearance) -> None:
    """Write the pictures of `appearance` that mails link to into `folder`, unless they are there.

    Where that is not possible they can be shown only as long as they are the shop's.
    """
    for picture in appearance.pictures:
        kept = folder / FOLDER / picture.file.name
        if picture.public_address is None or kept.exists():
            continue
        with suppress(OSError):
            kept.parent.mkdir(exist_ok=True)
            unfinished = kept.with_suffix(".new")
            unfinished.write_bytes(picture.file.data)
            unfinished.replace(kept)


def sent_picture(folder: Path, name: str) -> PictureFile | None:
    """Return the kept picture called `name`; None where there is none, or it was changed since."""
    kept = folder / FOLDER / name
    if not NAME.fullmatch(name) or not kept.is_file():
        return None
    if kept.stat().st_size > max(MAX_BYTES.values()):
        return None
    try:
        picture = parse_picture(kept.read_bytes(), name)
    except ValueError:
        return None
    return picture if picture.name == name else None


def sent_pictures(folder: Path) -> list[Path]:
    """Return the files of the kept pictures, for a backup."""
    kept = folder / FOLDER
    files = kept.iterdir() if kept.is_dir() else ()
    return sorted(file for file in files if NAME.fullmatch(file.name) and file.is_file())
