"""Draws every e-mail and page for docs/templates.md: wide and on a phone, light and dark.

Run it with `.venv/bin/python docs/pictures/draw_mails.py`, and names of mails or pages to draw only
those. It needs the testing tools, which `make test` installs, and a chromium.
"""

from __future__ import annotations

import base64
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from playwright.sync_api import Browser, Route, sync_playwright

from mail.message.pictures import shown_pictures, viewable_html
from mail.render.confirmation_mail import ConfirmationFacts, render_confirmation
from mail.render.mail_facts import MailFacts
from mail.render.renderer import Renderer
from mail.render.sample_facts import CAFE, CLARA, LARGE_CART, LINK, PICTURE, samples_in
from pages.app import page_renderer
from pages.public.sample_variables import sample_variables
from regulars.till_card_svg import draw_card
from settings.brand.appearance import Appearance
from settings.brand.config import Brand, BrandLinks
from settings.brand.load import load_appearance
from settings.shop import Shop
from templates.language import LANGUAGES, Language, language

HERE = Path(__file__).parent
PICTURED_LANGUAGES = ("en", "de")
CHROMIUM_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDE, PHONE = 640, 375  # CSS pixels
SCALE = 0.66  # pixels of the picture to one of CSS
PANELS = [(WIDE, "light"), (PHONE, "light"), (WIDE, "dark"), (PHONE, "dark")]
SHEET = """<!doctype html><style>body{{margin:0;display:inline-flex;gap:14px;padding:14px;
align-items:flex-start;background:#c9c7c4}}img{{display:block}}</style>{images}"""
SVG_PAGE = "<!doctype html><style>body{{margin:0}}svg{{display:block}}</style>{svg}"
OPTED_IN, VALID_UNTIL, BIRTHDAY = date(2025, 11, 8), date(2026, 3, 29), date(2024, 9, 21)
CAUSES = {
    "birthday": "BIRTHDAY",
    "cart-reminder": "CART_ABANDONED",
    "correction": "CORRECTION",
    "first-visit-treat": "NO_VISIT",
    "points-earned": "POINTS_EARNED",
    "points-expiring": "POINTS_EXPIRE",
    "sorry-from-the-owner": "SURVEY_ANSWERED",
    "we-miss-you": "NO_VISIT",
    "welcome": "SUBSCRIBED",
}
LINKS = BrandLinks(
    shop="https://cornercafe.example",
    map="https://maps.example/corner-cafe",
    instagram="https://instagram.example/cornercafe",
)


def main(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        artist = Artist(browser, Path(folder))
        for code in PICTURED_LANGUAGES:
            if (LANGUAGES / code / "formats.py").exists():
                spoken = language(code)
                for name, html in [*artist.mails(spoken), *artist.pages(spoken)]:
                    if not names or name.rpartition("/")[2] in names:
                        artist.draw(html, HERE / f"{name}.{code}.png")
        if not names or "till-card" in names:
            artist.draw_till_card(HERE / "till-card.png")
        if not names or "right-to-left" in names:
            artist.draw(artist.arabic_mail(), HERE / "mails" / "right-to-left.png")


class Artist:
    """Renders mails and pages of a café with a brand, and takes their pictures."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._page = browser.new_page(device_scale_factor=SCALE)
        self._sheet = browser.new_page(device_scale_factor=1)
        self._folder = folder
        self._granola = self._drawing("granola", "png")
        (folder / "logo.png").write_bytes(self._drawing("logo", "png"))
        (folder / "photo.jpg").write_bytes(self._drawing("photo", "jpeg"))
        self._page.route(PICTURE, self._send_granola)
        self._appearance = self._brand()

    def mails(self, spoken: Language) -> Iterator[tuple[str, str]]:
        """Yields name and HTML of each mail, with its pictures in it."""
        renderer = Renderer(None, spoken, self._appearance)
        for name in renderer.template_names():
            yield f"mails/{name}", self._viewable(renderer.render(name, _facts(spoken, name)).html)
        facts = ConfirmationFacts(
            shop=CAFE.name,
            postal_address=CAFE.postal_address,
            asked_on=spoken.date_and_time(datetime(2026, 3, 3, 9, 5, tzinfo=UTC)),
            says=_says(spoken),
            link=LINK,
            valid_until=spoken.date(datetime(2026, 3, 10, tzinfo=UTC)),
        )
        mail = render_confirmation(facts, self._folder, spoken, self._appearance)
        yield "mails/sign-up-confirmation", self._viewable(mail.html)

    def pages(self, spoken: Language) -> Iterator[tuple[str, str]]:
        """Yields name and HTML of each page, in its first form."""
        renderer = page_renderer(self._folder, _shop(), spoken, self._appearance)
        for name, variables in sample_variables(spoken).items():
            first = {**variables[0], "says": _says(spoken)}
            if "birthday" in first:
                first["birthday"] = spoken.day(BIRTHDAY)
            yield f"pages/{name}", renderer.render(name, spoken, **first)

    def arabic_mail(self) -> str:
        """A mail of the shop's own that is written from right to left."""
        folder = self._folder / "templates"
        folder.mkdir()
        (folder / "arabic.html").write_text((HERE / "brand" / "arabic.html").read_text())
        renderer = Renderer(folder, language("en"), self._appearance)
        return self._viewable(
            renderer.render("arabic", _facts(language("en"), "cart-reminder")).html
        )

    def draw_till_card(self, file: Path) -> None:
        """Writes a picture of the card for the till."""
        address = "https://mail.cornercafe.example/join"
        words = language("en").sentences("public_pages").TILL_CARD
        svg = draw_card(CAFE.name, words, address, self._appearance)
        self._sheet.set_content(SVG_PAGE.format(svg=svg))
        self._sheet.locator("svg").first.screenshot(path=file)

    def draw(self, html: str, file: Path) -> None:
        """Writes a picture of `html`, wide and on a phone, light and dark."""
        shots = [self._shot(html, width, scheme) for width, scheme in PANELS]
        encoded = (base64.b64encode(shot).decode() for shot in shots)
        images = "".join(f'<img src="data:image/png;base64,{shot}">' for shot in encoded)
        self._sheet.set_viewport_size({"width": 1800, "height": 800})
        self._sheet.set_content(SHEET.format(images=images))
        self._sheet.locator("body").screenshot(path=file)

    def _shot(self, html: str, width: int, scheme: str) -> bytes:
        self._page.set_viewport_size({"width": width, "height": 300})
        self._page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        self._page.set_content(html)
        return self._page.screenshot(full_page=True)

    def _drawing(self, name: str, kind: str) -> bytes:
        svg = (HERE / "brand" / f"{name}.svg").read_text()
        page = self._sheet
        page.set_content(SVG_PAGE.format(svg=svg))
        drawing = page.locator("svg")
        if kind == "jpeg":
            return drawing.screenshot(type="jpeg", quality=88)
        return drawing.screenshot(omit_background=True)

    def _send_granola(self, route: Route) -> None:
        route.fulfill(body=self._granola, content_type="image/png")

    def _brand(self) -> Appearance:
        brand = Brand(logo="logo.png", photo="photo.jpg", colour="#8a3d1f", links=LINKS)
        return load_appearance(brand, self._folder, None)

    def _viewable(self, html: str) -> str:
        return viewable_html(html, shown_pictures(self._appearance, html))


def _facts(spoken: Language, name: str) -> MailFacts:
    """The best-known of the sample facts, in the language of the mail."""
    first = {part: variants[0] for part, variants in samples_in(spoken).items()}
    texts, causes = spoken.sentences("samples"), spoken.sentences("reasons")
    cause = getattr(causes, CAUSES.get(name, "CUSTOMER"))
    return MailFacts(
        shop=CAFE,
        customer=CLARA,
        with_={"treat": texts.TREAT, "valid_until": spoken.day(VALID_UNTIL)},
        reason=spoken.sentences("mails").REASON_OPTED_IN_ON.format(
            cause=cause, date=spoken.date(OPTED_IN)
        ),
        unsubscribe_url="https://mail.cornercafe.example/u/1.sample.sample",
        language=spoken,
        **{**first, "cart": LARGE_CART},
    )


def _says(spoken: Language) -> str:
    return str(spoken.sentences("sign_up").SAYS.format(shop=CAFE.name))


def _shop() -> Shop:
    return Shop(
        name=CAFE.name,
        country="PT",
        currency="EUR",
        timezone="Europe/Lisbon",
        reply_to=CAFE.reply_to,
        postal_address=CAFE.postal_address,
    )


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=CHROMIUM_ARGUMENTS
        )
        yield browser
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
