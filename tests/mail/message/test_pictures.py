"""The shop's pictures in mails: as inline parts, linked, and in the files of the outbox."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import orjson
import pytest

from mail.message.mime import Mail, message_bytes
from mail.message.pictures import mail_picture, shown_pictures
from mail.render.renderer import Renderer
from mail.senders.outbox.sender import OutboxSender
from mail.senders.sendgrid.batches import plan_requests
from mail.senders.sendgrid.preflight import preflight_mail
from settings.brand.appearance import Appearance
from settings.brand.config import Brand
from settings.brand.load import MAX_ATTACHED_BYTES, load_appearance
from templates.language import ENGLISH
from tests.mail.message.test_mime import MAIL
from tests.mail.people import CARTLESS, WELL_KNOWN
from tests.settings.brand.pictures import png

LOGO = png(200, 60)
ADDRESS = "https://mail.cornercafe.example"


@pytest.fixture
def appearance(tmp_path: Path) -> Appearance:
    return look(tmp_path, LOGO)


def look(folder: Path, logo: bytes, public_address: str | None = ADDRESS) -> Appearance:
    (folder / "logo.png").write_bytes(logo)
    return load_appearance(Brand(logo="logo.png"), folder, public_address)


def branded(appearance: Appearance, message_id: str = "m-1") -> Mail:
    html = Renderer(None, ENGLISH, appearance).render("welcome", CARTLESS).html
    pictures = shown_pictures(appearance, html)
    return replace(MAIL, message_id=message_id, html=html, pictures=pictures)


def parse(mail: Mail) -> EmailMessage:
    message = email.message_from_bytes(message_bytes(mail), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not [part.defects for part in message.walk() if part.defects]
    return message


def test_a_logo_travels_as_an_inline_part(appearance: Appearance) -> None:
    message = parse(branded(appearance))
    assert message.get_content_type() == "multipart/related"
    assert message.get_param("type") == "multipart/alternative"
    letter, picture = message.iter_parts()
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    assert picture.get_content() == LOGO
    assert picture.get_content_type() == "image/png"
    assert picture.get_content_disposition() == "inline"
    body = message.get_body(("html",))
    assert body is not None
    assert f"cid:{picture['Content-ID'].strip('<>')}" in body.get_content()


def test_lines_of_a_picture_are_short(appearance: Appearance) -> None:
    assert max(map(len, message_bytes(branded(appearance)).split(b"\r\n"))) <= 998


def test_a_mail_that_shows_no_picture_has_none(appearance: Appearance) -> None:
    html = Renderer(None, ENGLISH, appearance).render("correction", WELL_KNOWN).html
    assert shown_pictures(appearance, html) == ()
    assert parse(MAIL).get_content_type() == "multipart/alternative"


def test_a_picture_is_encoded_once_for_all_mails(appearance: Appearance) -> None:
    assert appearance.logo
    assert mail_picture(appearance.logo).part is mail_picture(appearance.logo).part


def test_a_large_picture_is_linked_where_pages_can_serve_it(tmp_path: Path) -> None:
    large = LOGO + b"\0" * MAX_ATTACHED_BYTES
    linked = branded(look(tmp_path, large))
    assert parse(linked).get_content_type() == "multipart/alternative"
    assert f'src="{ADDRESS}/brand/' in linked.html
    for elsewhere in (None, "http://127.0.0.1:8000"):
        attached = branded(look(tmp_path, large, elsewhere))
        assert parse(attached).get_content_type() == "multipart/related"


@pytest.mark.parametrize("size", [0, MAX_ATTACHED_BYTES])
def test_the_outbox_shows_the_logo_in_a_browser(tmp_path: Path, size: int) -> None:
    mail = branded(look(tmp_path, LOGO + b"\0" * size))
    list(OutboxSender(tmp_path / "outbox").send([mail]))
    html = (tmp_path / "outbox" / "m-1.html").read_text()
    assert 'src="data:image/png;base64,' in html
    assert "cid:" not in html
    assert "/brand/" not in html


def test_sendgrid_gets_one_picture_for_all_mails_of_a_request(appearance: Appearance) -> None:
    mails = [
        replace(branded(appearance, f"m-{number}"), to_address=f"c{number}@example.com")
        for number in range(6)
    ]
    [request] = plan_requests([preflight_mail(mail) for mail in mails], 1_000)
    body = orjson.loads(request.body())
    assert len(body["personalizations"]) == 6
    [attachment] = body["attachments"]
    assert attachment["disposition"] == "inline"
    assert f"cid:{attachment['content_id']}" in body["content"][1]["value"]


def test_sendgrid_sends_mails_with_and_without_a_picture_apart(appearance: Appearance) -> None:
    mails = [branded(appearance, f"m-{number}") for number in range(6)]
    plain = [replace(mail, message_id=f"p-{mail.message_id}", pictures=()) for mail in mails]
    for number, mail in enumerate([*mails, *plain]):
        mails_at = mails if number < 6 else plain
        mails_at[number % 6] = replace(mail, to_address=f"c{number}@example.com")
    requests = plan_requests([preflight_mail(mail) for mail in [*mails, *plain]], 1_000)
    assert sorted("attachments" in orjson.loads(request.body()) for request in requests) == [
        False,
        True,
    ]


def test_a_wide_logo_stands_alone_and_a_small_mark_beside_the_name(tmp_path: Path) -> None:
    wide = branded(look(tmp_path, png(300, 60))).html
    mark = branded(look(tmp_path, png(60, 60))).html
    assert wide.partition('class="letter"')[0].count(">Corner Café<") == 0
    assert 'alt="Corner Café"' in wide
    assert mark.partition('class="letter"')[0].count(">Corner Café<") == 1
