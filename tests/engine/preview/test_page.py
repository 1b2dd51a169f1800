"""The page that shows a mail: its frames, its colour schemes, and what surrounds it."""

from __future__ import annotations

from html import unescape
from html.parser import HTMLParser

from engine.preview.page import (
    NO_DARK_COLOURS,
    PreviewDetails,
    dark_remark,
    in_scheme,
    preheader,
    preview_page,
)
from mail.render.renderer import RenderedMail, Renderer
from mail.render.sample_facts import PICTURE as SAMPLE_PRODUCT
from templates.language import ENGLISH
from tests.mail.people import WELL_KNOWN, WITH_CART

HTML = """<!doctype html><html><head><meta name="color-scheme" content="light dark">
<style>@media (prefers-color-scheme: dark) { p { color: white } }
@media (PREFERS-COLOR-SCHEME:light) and (max-width: 9em) { p { color: black } }</style></head>
<body><div class="preheader">Good &amp; new&#847;&zwnj;&nbsp;</div>
<p onclick="x()">"Hello" &lt;Ana&gt;</p><script>x()</script></body></html>"""
MAIL = RenderedMail("A <b>subject</b>", HTML, "Hello <Ana>")
DETAILS = PreviewDetails([("To", "<clara@example.com>")], ["A <note>."])


class Frames(HTMLParser):
    """Collects the frames of a page, and the tags outside of them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.frames: list[dict[str, str | None]] = []
        self.tags: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "iframe":
            self.frames.append(dict(attrs))


def test_three_frames_hold_the_mail_and_run_nothing() -> None:
    page = preview_page(MAIL, DETAILS)
    frames = Frames(page)
    assert [frame["title"] for frame in frames.frames] == ["Desktop", "Phone", "Dark"]
    assert all(frame["sandbox"] is None for frame in frames.frames)  # allows nothing
    assert all("Hello" in (frame["srcdoc"] or "") for frame in frames.frames)
    assert "script" not in frames.tags
    assert "default-src 'none'" in page


def test_everything_outside_of_the_frames_is_escaped() -> None:
    page = preview_page(MAIL, DETAILS)
    for text in ("A <b>subject</b>", "<clara@example.com>", "A <note>.", "Hello <Ana>"):
        assert text not in page
        assert text in unescape(page)


def test_a_colour_scheme_is_fixed_whatever_the_machine_prefers() -> None:
    light, dark = in_scheme(HTML, "light"), in_scheme(HTML, "dark")
    assert "prefers-color-scheme" not in light.lower() + dark.lower()
    assert "@media (min-width: 0px) { p { color: white }" in dark
    assert "@media (max-width: 0px) and (min-width: 1px) { p { color: white }" in light
    assert "@media (min-width: 0px) and (max-width: 9em) { p { color: black }" in light
    assert "color-scheme: only dark" in dark
    assert 'content="light dark"' not in dark


def test_the_shipped_mails_have_dark_colours() -> None:
    renderer = Renderer(None, ENGLISH)
    html = renderer.render("birthday", WELL_KNOWN).html
    assert dark_remark(html) == ""
    assert dark_remark("<html><head></head><p>Hello</p></html>") == NO_DARK_COLOURS
    assert preheader(html).startswith("A free cappuccino on us")


def test_the_preheader_has_no_fillers() -> None:
    assert preheader(HTML) == "Good & new"
    assert preheader("<p>Hello</p>") == ""


def test_the_sample_product_has_a_drawn_picture() -> None:
    html = Renderer(None, ENGLISH).render("cart-reminder", WITH_CART).html
    assert SAMPLE_PRODUCT in html
    page = unescape(preview_page(RenderedMail("A subject", html, ""), DETAILS))
    assert SAMPLE_PRODUCT not in page
    assert page.count("data:image/svg+xml") == 3
