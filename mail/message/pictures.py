"""The shop's pictures in a mail: as inline parts, or linked."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from settings.brand.appearance import Appearance, Picture


@dataclass(frozen=True, slots=True)
class MailPicture:
    """A picture that a mail's HTML shows; its part is encoded once for all mails."""

    address: str  # the `src` in the HTML: cid:… or https://…
    content_id: str
    media_type: str
    file_name: str
    base64: str = field(repr=False, compare=False)
    part: bytes = field(repr=False, compare=False)  # headers and body of its MIME part

    @property
    def is_attached(self) -> bool:
        """Whether it travels with the mail."""
        return self.address.startswith("cid:")

    @property
    def data_address(self) -> str:
        """The picture itself as the `src` of an image."""
        return f"data:{self.media_type};base64,{self.base64}"


def shown_pictures(appearance: Appearance, html: str) -> tuple[MailPicture, ...]:
    """Returns the pictures of the shop that `html` shows."""
    return tuple(
        mail_picture(picture) for picture in appearance.pictures if picture.mail_address in html
    )


def viewable_html(html: str, pictures: Iterable[MailPicture]) -> str:
    """Returns `html` with its `pictures` in it, for a browser."""
    for picture in pictures:
        html = html.replace(picture.address, picture.data_address)
    return html


@lru_cache(16)
def mail_picture(picture: Picture) -> MailPicture:
    """Returns `picture` with its MIME part (RFC 2392: `Content-ID`)."""
    encoded = base64.encodebytes(picture.file.data).replace(b"\n", b"\r\n").rstrip()
    headers = (
        f"Content-Type: {picture.file.media_type}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-ID: <{picture.content_id}>\r\n"
        f'Content-Disposition: inline; filename="{picture.file_name}"\r\n\r\n'
    )
    return MailPicture(
        address=picture.mail_address,
        content_id=picture.content_id,
        media_type=picture.file.media_type,
        file_name=picture.file_name,
        base64=base64.b64encode(picture.file.data).decode(),
        part=headers.encode() + encoded,
    )
