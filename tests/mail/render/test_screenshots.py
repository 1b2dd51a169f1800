"""The mails in a browser: phones and wide windows, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mail.render.renderer import Renderer
from settings.brand.appearance import Appearance
from settings.brand.theme import theme_of
from templates.language import ENGLISH
from tests.mail.people import HARDLY_KNOWN, LONG_NAMED, WELL_KNOWN, note

playwright = pytest.importorskip(
    "playwright.sync_api",
    reason="the pictures of the mails need Playwright: pip install playwright",
)
CHROMIUM = next(
    (
        path
        for path in map(Path, ("/usr/bin/chromium", "/usr/bin/chromium-browser"))
        if path.exists()
    ),
    None,
)
pytestmark = pytest.mark.skipif(
    CHROMIUM is None,
    reason="the pictures of the mails need Chromium: apt-get install chromium",
)
RENDERER = Renderer(None, ENGLISH)
LONG = replace(WELL_KNOWN, customer=LONG_NAMED.customer, cart=LONG_NAMED.cart)
each_mail = pytest.mark.parametrize("name", RENDERER.template_names())
people = {"Clara": WELL_KNOWN, "somebody": HARDLY_KNOWN, "a long name and cart": LONG}
each_person = pytest.mark.parametrize("facts", people.values(), ids=people.keys())

# The contrast of every text with its background, by WCAG 2.
CONTRASTS = """() => {
  const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).map(Number).map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor;
    if (c !== 'rgba(0, 0, 0, 0)') return c; } return 'rgb(255, 255, 255)'; };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (texts.nextNode()) { const e = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !e.getClientRects().length) continue;
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
    found.push([texts.currentNode.data.trim(), (a + 0.05) / (b + 0.05)]); }
  return found; }"""


@pytest.fixture(scope="module")
def page() -> Iterator[object]:
    """One browser page for all mails, which saves most of the time."""
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page()
        page.route("**/*", lambda route: route.abort())
        yield page
        browser.close()


@pytest.fixture
def draw(page):  # type: ignore[no-untyped-def]  # Playwright may be absent, and its types with it
    """Shows a mail at a width and in a colour scheme, without its pictures."""

    def drawn(html: str, width: int, scheme: str):  # type: ignore[no-untyped-def]  # as above
        page.set_viewport_size({"width": width, "height": 700})
        page.emulate_media(color_scheme=scheme)
        page.set_content(html)
        return page

    return drawn


@each_mail
@each_person
@pytest.mark.parametrize("width", [320, 360, 640])
def test_nothing_needs_scrolling_sideways(draw, name, facts, width) -> None:  # type: ignore[no-untyped-def]  # as above
    page = draw(RENDERER.render(name, facts).html, width, "light")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@each_mail
@each_person
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_can_be_read(draw, name, facts, scheme) -> None:  # type: ignore[no-untyped-def]  # as above
    page = draw(RENDERER.render(name, facts).html, 360, scheme)
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 8
    assert [text for text, contrast in contrasts if contrast < 4.5] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("colour", ["#f5d000", "#00aa55", "#000000", "#ffffff"])
def test_every_word_can_be_read_in_every_brand(draw, tmp_path, colour, scheme) -> None:  # type: ignore[no-untyped-def]  # as above
    content = "<h1>One</h1><p><a href='https://x.example'>Two</a></p>{{ code_box('ABC', 'Three') }}"
    content += "<table class='items'>{{ product('Four', 'Five', note='Six') }}</table>"
    content += "{{ stars(3) }}{{ button('Seven', cart.url) }}"
    (tmp_path / "note.html").write_text(note(content))
    look = Appearance(theme=theme_of(colour, colour, "serif"))
    html = Renderer(tmp_path, ENGLISH, look).render("note", WELL_KNOWN).html
    contrasts = draw(html, 360, scheme).evaluate(CONTRASTS)
    assert len(contrasts) > 10
    assert [text for text, contrast in contrasts if contrast < 4.5] == []


@each_mail
def test_dark_is_dark(draw, name) -> None:  # type: ignore[no-untyped-def]  # as above
    page = draw(RENDERER.render(name, WELL_KNOWN).html, 360, "dark")
    for selector in (".page", ".letter"):
        colour = page.evaluate(
            f"getComputedStyle(document.querySelector('{selector}')).backgroundColor"
        )
        assert max(int(part) for part in colour[4:-1].split(",")) < 64


@each_mail
def test_the_button_is_large_enough_for_a_thumb(draw, name) -> None:  # type: ignore[no-untyped-def]  # as above
    box = (
        draw(RENDERER.render(name, WELL_KNOWN).html, 320, "light")
        .locator("a.button")
        .bounding_box()
    )
    assert box["height"] >= 44
    assert box["width"] >= 200


@each_mail
def test_the_preview_line_is_not_seen_in_the_letter(draw, name) -> None:  # type: ignore[no-untyped-def]  # as above
    page = draw(RENDERER.render(name, WELL_KNOWN).html, 360, "light")
    assert not page.locator(".preheader").is_visible()


@each_mail
def test_a_wide_window_keeps_the_letter_narrow(draw, name) -> None:  # type: ignore[no-untyped-def]  # as above
    page = draw(RENDERER.render(name, WELL_KNOWN).html, 1280, "light")
    assert page.locator(".letter").bounding_box()["width"] <= 560
