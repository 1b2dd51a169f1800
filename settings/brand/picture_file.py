"""Reads the logo and the photo: kind, size in pixels, and whether they are fit for mail."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field
from pathlib import Path

from settings.brand.png_alpha import opaque_share, white_share
from settings.model import nearest

MAX_BYTES = {"logo": 100_000, "photo": 300_000}
MAX_PIXELS = 4_000  # of a side
MEDIA_TYPES = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif"}
JPEG_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
ENDINGS = (".png", ".jpg", ".jpeg", ".gif")
UNKNOWN_KIND = "{name} is no PNG, JPEG or GIF. E-mail programs show these three; save it as PNG."
SVG = "{name} is an SVG drawing, which e-mail programs do not show. Save it as PNG."
TOO_LARGE = (
    "{name} has {size} kB, and at most {limit} fit a mail. Save it {width} pixels wide, as JPEG"
    " or PNG."
)
OWN_GROUND = 0.6
"""A picture of which so much is opaque, such as a round mark, brings its own ground."""
WHITE_SHARE = 0.9
WIDTHS = {"logo": 400, "photo": 1_000}  # pixels: twice what is shown, for fine screens


@dataclass(frozen=True, slots=True)
class PictureFile:
    """The picture of a file: its bytes, its kind (png, jpg, gif) and its size in pixels."""

    data: bytes = field(repr=False, compare=False)  # the digest stands for it
    kind: str
    width: int
    height: int
    has_transparency: bool
    digest: str  # names its content

    @property
    def needs_light_ground(self) -> bool:
        """Whether it is drawn on nothing, such as dark letters, which dark mode would swallow."""
        if not self.has_transparency:
            return False
        share = opaque_share(self.data) if self.kind == "png" else None
        return share is None or share < OWN_GROUND

    @property
    def is_white_on_nothing(self) -> bool:
        """Whether nearly all that is drawn is white, on a transparent ground."""
        share = white_share(self.data) if self.has_transparency and self.kind == "png" else None
        return share is not None and share > WHITE_SHARE

    @property
    def media_type(self) -> str:
        """Such as image/png."""
        return MEDIA_TYPES[self.kind]

    @property
    def name(self) -> str:
        """A file name that changes with the content."""
        return f"{self.digest}.{self.kind}"


def read_picture(folder: Path, file: str, use: str) -> PictureFile:
    """Returns the picture in `file` below `folder`, for `use` as logo or photo.

    Raises ValueError with a sentence that says what is wrong with it.
    """
    path = folder / file
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"{file} lies outside the folder of config.yaml. Copy it there.")
    if path.suffix.lower() not in ENDINGS:
        raise ValueError((SVG if path.suffix.lower() == ".svg" else UNKNOWN_KIND).format(name=file))
    if not path.is_file():
        raise ValueError(_missing(file, folder))
    size, limit = path.stat().st_size, MAX_BYTES[use]
    if size > limit:
        raise ValueError(
            TOO_LARGE.format(
                name=file, size=-(-size // 1000), limit=limit // 1000, width=WIDTHS[use]
            )
        )
    return parse_picture(path.read_bytes(), file)


def parse_picture(data: bytes, name: str) -> PictureFile:
    """Returns the picture in `data`; raises ValueError with a sentence about the file `name`."""
    try:
        kind, width, height, has_transparency = _header(data)
    except (struct.error, IndexError, LookupError):
        is_svg = b"<svg" in data[:1_000]
        raise ValueError((SVG if is_svg else UNKNOWN_KIND).format(name=name)) from None
    if not (0 < width <= MAX_PIXELS and 0 < height <= MAX_PIXELS):
        raise ValueError(f"{name} is {width} × {height} pixels. At most {MAX_PIXELS} each way.")
    digest = hashlib.sha256(data).hexdigest()[:16]
    return PictureFile(data, kind, width, height, has_transparency, digest)


def _missing(file: str, folder: Path) -> str:
    files = folder.iterdir() if folder.is_dir() else ()
    pictures = [path.name for path in files if path.suffix.lower() in ENDINGS]
    suggestion = nearest(file, pictures)
    hint = f'Did you mean "{suggestion}"?' if suggestion else "Put it there."
    return f"There is no file {file} beside config.yaml. {hint}"


Header = tuple[str, int, int, bool]  # kind, width, height, transparency


def _header(data: bytes) -> Header:
    """Reads the first bytes of a file; raises LookupError or struct.error for other kinds."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png_header(data)
    if data.startswith((b"GIF87a", b"GIF89a")):
        width, height = struct.unpack_from("<HH", data, 6)
        return "gif", width, height, b"\x21\xf9\x04\x01" in data
    if data.startswith(b"\xff\xd8"):
        return _jpeg_header(data)
    raise LookupError("another kind")


def _png_header(data: bytes) -> Header:
    width, height, _, colour_type = struct.unpack_from(">IIBB", data, 16)
    has_alpha = colour_type in (4, 6) or b"tRNS" in data.partition(b"IDAT")[0]
    return "png", width, height, has_alpha


def _jpeg_header(data: bytes) -> Header:
    """Walks the segments to the frame header, which has the size (ITU T.81, B.2.2)."""
    position = 2
    while data[position] == 0xFF:
        marker = data[position + 1]
        if marker in JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, position + 5)
            return "jpg", width, height, False
        if marker == 0xFF:  # a fill byte
            position += 1
            continue
        position += 2 + struct.unpack_from(">H", data, position + 2)[0]
    raise LookupError("no frame")
