"""The shop's links, logo, photo and colours in its mails."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mail.render.compiled_template import HTML_ENVIRONMENT
from mail.render.renderer import Renderer
from mail.render.tokenizer import fold_branches, join_source, tokenize
from settings.brand.appearance import Appearance, Links
from settings.brand.config import Brand
from settings.brand.load import load_appearance
from templates.language import ENGLISH
from tests.mail.people import CART, WELL_KNOWN, note
from tests.settings.brand.pictures import png

BOOK, SHOP, MAP = (f"https://cornercafe.example/{name}" for name in ("book", "shop", "map"))
ALL = Links(shop=SHOP, book=BOOK, map=MAP)
REPLY = "mailto:ana@cornercafe.example"
VISITS = ("points-earned", "points-expiring", "we-miss-you", "welcome")
INVITATIONS = ("birthday", "first-visit-treat")
LETTERS = ("correction", "sorry-from-the-owner")


def button(name: str, links: Links) -> str:
    renderer = Renderer(None, ENGLISH, Appearance(links=links))
    html = renderer.render(name, WELL_KNOWN).html
    [target] = re.findall(r'<a class="button" href="([^"]+)"', html)
    return str(target)


@pytest.mark.parametrize("name", VISITS)
def test_a_button_leads_to_booking_else_to_the_shop_else_to_the_map(name: str) -> None:
    assert button(name, ALL) == BOOK
    assert button(name, Links(shop=SHOP, map=MAP)) == SHOP
    assert button(name, Links(map=MAP)) == MAP
    assert button(name, Links(instagram=SHOP)) == REPLY


@pytest.mark.parametrize("name", INVITATIONS)
def test_an_invitation_leads_to_the_map_first(name: str) -> None:
    assert button(name, ALL) == MAP
    assert button(name, Links(shop=SHOP, book=BOOK)) == BOOK
    assert button(name, Links(shop=SHOP)) == SHOP
    assert button(name, Links()) == REPLY


def test_what_is_about_something_leads_there_whatever_the_links() -> None:
    assert button("cart-reminder", ALL) == CART.url
    assert {button(name, ALL) for name in LETTERS} == {REPLY}


def brand(folder: Path) -> Renderer:
    for file in ("logo.png", "photo.png"):
        (folder / file).write_bytes(png(60, 60))
    settings = Brand(logo="logo.png", photo="photo.png", colour="#1144cc")
    return Renderer(None, ENGLISH, load_appearance(settings, folder, None))


@pytest.mark.parametrize("name", [*INVITATIONS, "we-miss-you", "welcome", "cart-reminder"])
def test_the_photo_stands_where_somebody_is_invited(tmp_path: Path, name: str) -> None:
    mail = brand(tmp_path).render(name, WELL_KNOWN)
    pictures = re.findall(r'<img class="only-html"[^>]* src="cid:', mail.html)
    assert len(pictures) == (0 if name == "cart-reminder" else 1)
    assert "Corner Café\n\nAna" not in mail.text  # the words for a picture stay out of the text


@pytest.mark.parametrize("name", LETTERS)
def test_a_personal_letter_has_no_brand(tmp_path: Path, name: str) -> None:
    html = brand(tmp_path).render(name, WELL_KNOWN).html
    assert "<img" not in html
    assert "#1144cc" not in html


def test_the_colour_is_on_button_links_and_name(tmp_path: Path) -> None:
    html = brand(tmp_path).render("welcome", WELL_KNOWN).html
    assert re.search(r'class="button"[^>]*background-color: #1144cc', html)
    assert "#7a3b1d" not in html


def test_the_small_print_leads_to_the_shops_accounts() -> None:
    links = Links(instagram="https://instagram.example/cafe", tiktok="https://tiktok.example/@cafe")
    html = Renderer(None, ENGLISH, Appearance(links=links)).render("welcome", WELL_KNOWN).html
    assert '">Instagram</a>' in html
    assert '">TikTok</a>' in html
    assert "Facebook" not in html


def test_the_shops_own_mail_may_use_its_links(tmp_path: Path) -> None:
    source = note("{% if links.map %}{{ button('Here we are', links.map) }}{% endif %}<p>x</p>")
    (tmp_path / "note.html").write_text(source)
    renderer = Renderer(tmp_path, ENGLISH, Appearance(links=ALL))
    assert renderer.find_mistakes("note", available_parts=(), with_=()) == []
    assert f"Here we are: {MAP}" in renderer.render("note", WELL_KNOWN).text


def test_an_unguarded_link_is_found_with_where_to_write_it(tmp_path: Path) -> None:
    (tmp_path / "note.html").write_text(note("{{ button('Here we are', links.map) }}"))
    [mistake] = Renderer(tmp_path, ENGLISH).find_mistakes("note", available_parts=(), with_=())
    assert "ask first, {% if links.map %}" in mistake.message
    assert "brand: links: in config.yaml" in mistake.message


@pytest.mark.parametrize(
    ("source", "folded"),
    [
        ("{% if a %}1{% else %}2{% endif %}", "1"),
        ("{% if b %}1{% else %}2{% endif %}", "2"),
        ("{% if b %}1{% elif a %}2{% else %}3{% endif %}", "2"),
        ("{% if b %}1{% endif %}", ""),
        ("{% if b or a %}1{% endif %}", "1"),
        ("{% if x %}{% if a %}1{% endif %}{% endif %}", "{% if x %}1{% endif %}"),
        ("{% if b %}{% if x %}1{% endif %}{% endif %}2", "2"),
        ("{% if a or x %}1{% endif %}", "{% if a or x %}1{% endif %}"),
        ("{% if a and x %}1{% endif %}", "{% if a and x %}1{% endif %}"),
        ("{% if b %}1{% elif x %}2{% endif %}", "{% if b %}1{% elif x %}2{% endif %}"),
    ],
)
def test_branches_that_are_the_same_for_all_mails_are_chosen_once(source: str, folded: str) -> None:
    tokens = tokenize(HTML_ENVIRONMENT, source)
    assert join_source(fold_branches(tokens, {"a": True, "b": False})) == folded
