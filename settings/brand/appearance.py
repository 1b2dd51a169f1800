"""How mails and pages of one shop look: theme, links, logo and photo."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from settings.brand.picture_file import PictureFile
from settings.brand.theme import CAFE_BROWN, Theme

WORDMARK_RATIO = 2  # width to height


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses that buttons and the small print lead to; None where the shop has none."""

    shop: str | None = None
    book: str | None = None
    map: str | None = None
    instagram: str | None = None
    facebook: str | None = None
    tiktok: str | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the shop as mails and pages show it; width and height in CSS pixels."""

    file: PictureFile
    public_address: str | None  # where it is served; None where it travels with the mail
    width: int
    height: int
    file_name: str  # in the mail

    @property
    def is_wordmark(self) -> bool:
        """Whether it is so wide that a logo has the shop's name in it."""
        return self.width >= WORDMARK_RATIO * self.height

    @property
    def content_id(self) -> str:
        """The id of its part in a mail (RFC 2392)."""
        return f"{self.file.digest}@regulars"

    @property
    def mail_address(self) -> str:
        """The `src` of its image in a mail."""
        return self.public_address or f"cid:{self.content_id}"

    @property
    def data_address(self) -> str:
        """The `src` of its image where nothing else can be loaded: the picture itself."""
        encoded = base64.b64encode(self.file.data).decode()
        return f"data:{self.file.media_type};base64,{encoded}"


@dataclass(frozen=True, slots=True)
class Appearance:
    """Everything of the look that is the same for all mails of a shop."""

    theme: Theme = CAFE_BROWN
    links: Links = Links()
    logo: Picture | None = None
    photo: Picture | None = None

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """Those that the shop has."""
        return tuple(picture for picture in (self.logo, self.photo) if picture)


PLAIN = Appearance()
"""The look of a shop that has configured none."""
