"""What mails use is supported by the usual mail programs, or may be missing without harm.

The support is that of https://www.caniemail.com, from the npm package `caniemail`.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from mail.render.confirmation_mail import ConfirmationFacts, render_confirmation
from mail.render.renderer import Renderer
from settings.brand.appearance import Appearance, Links, Picture
from settings.brand.picture_file import parse_picture
from templates.language import ENGLISH
from tests.mail.people import WELL_KNOWN, note, own_renderer
from tests.settings.brand.pictures import png

PACKAGE = "caniemail@1.0.5"
LINK = "https://cornercafe.example"
PROGRAMS: Mapping[str, tuple[str, ...]] = {  # family, with its platforms; () for all of them
    "outlook": ("windows",),
    "gmail": (),
    "apple-mail": (),
    "yahoo": (),
    "gmx": (),
    "web-de": (),
}
WITHOUT_HARM = {
    "css-background": "colours alone are used, which all of them show",
    "css-background-color": "GMX shows #rrggbb too; its note is about names of colours",
    "css-border": "thinner than 8 px, on cells alone",
    "css-border-radius": "corners are square in Outlook for Windows, GMX and WEB.DE",
    "css-border-spacing": "the attribute cellspacing says the same",
    "css-border-collapse": "unknown for two apps; cellspacing says the same",
    "css-color-scheme": "the mail stays light, or is darkened by the program itself",
    "css-direction": "Gmail's page on a phone follows the letters themselves",
    "css-display": "none, block and inline-block alone; in Outlook cells hold the padding",
    "css-font-size": "px alone",
    "css-font-weight": "400 and 600, which become normal and bold",
    "css-height": "of images, which have the attribute too, and of thin cells, at least so high",
    "css-line-height": "unitless, or as high as a thin cell",
    "css-margin": "of blocks in cells; auto has the attribute align beside it",
    "css-max-height": "of the preview line, which mso-hide hides in Outlook",
    "css-max-width": "a table of fixed width holds the sheet in Outlook for Windows",
    "css-object-fit": "a product's picture that is not square is stretched a little",
    "css-opacity": "of the preview line, which is hidden by display: none",
    "css-overflow": "of the preview line, which is hidden by display: none",
    "css-overflow-wrap": "a very long word widens the letter",
    "css-padding": "of cells; a button's is that of its cell in Outlook (mso-padding-alt)",
    "css-text-align": "left, right and center alone",
    "css-text-decoration": "none alone",
    "css-white-space": "a price may break in Outlook for Windows",
    "css-width": "of tables and cells; images have the attribute too",
    "html-body": "the table around everything has its colours",
    "html-cellpadding": "unknown for two apps; cells have their padding as CSS",
    "html-cellspacing": "unknown for two apps; border-spacing says the same",
    "html-dir": "the CSS property direction says the same",
    "html-height": "in pixels, not in per cent",
    "html-img": "unknown for GMX's web page, which has always shown images",
    "html-lang": "the voice of a screen reader is that of the program",
    "html-role": "a screen reader says table where the program drops the attribute",
    "html-style": "every rule stands on its element too; the block has phones and dark mode alone",
    "html-width": "in pixels, or 100 % of a table",
    "css-at-media": "phones get the narrow form of the wide letter, which also fits",
    "css-at-media-prefers-color-scheme": "the mail stays light, or is darkened by the program",
    "css-letter-spacing": "a code stands closer",
}


def load_support() -> dict[str, Any]:
    """The features of caniemail by name; fetched once from npm's registry, without dependencies."""
    file = Path(tempfile.gettempdir()) / f"regulars-{PACKAGE}.json"
    if not file.exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("the support of mail programs needs npm: apt-get install npm")
        with tempfile.TemporaryDirectory() as folder:
            command = [npm, "pack", PACKAGE, "--silent", "--pack-destination", folder]
            if subprocess.run(command, capture_output=True, check=False, timeout=60).returncode:
                pytest.skip(f"npm could not load {PACKAGE}")
            [archive] = Path(folder).glob("*.tgz")
            with tarfile.open(archive) as tar:
                member = tar.extractfile("package/data/caniemail.json")
                assert member
                partial = file.with_suffix(".partial")
                partial.write_bytes(member.read())
                partial.replace(file)
    return {feature["slug"]: feature for feature in json.loads(file.read_text())["data"]}


support = cache(load_support)


class Features(HTMLParser):
    """The names of the CSS properties, elements and attributes in a mail, as caniemail has them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.feed(html)
        for sheet in re.findall(r"<style>(.*?)</style>", html, re.DOTALL):
            self._add_rules(sheet)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        heading = re.fullmatch("h[1-6]", tag)
        self.names.add("html-h1-h6" if heading else f"html-{tag}")
        for name, value in attrs:
            self.names.add(f"html-{name}")
            if name == "style":
                self._add_rules(value or "")

    def _add_rules(self, css: str) -> None:
        for query in re.findall(r"@media \(([a-z-]+)", css):
            self.names |= {"css-at-media", f"css-at-media-{query}"}
        properties = re.findall(r"(?:^|[;{])\s*([a-z-]+)\s*:", css)
        self.names |= {f"css-{name}" for name in properties}
        self.names |= {f"css-{name.partition('-')[0]}" for name in properties}


def branded() -> Appearance:
    logo = parse_picture(png(60, 60), "logo.png")
    picture = Picture(logo, None, 48, 48, "logo.png")
    links = Links(*(LINK,) * 6)
    return replace(Appearance(), logo=picture, photo=picture, links=links)


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """Features of all mails, with a brand, and of all components."""
    return frozenset().union(*(Features(html).names for html in every_mail(tmp_path_factory)))


def every_mail(factory: pytest.TempPathFactory) -> Iterator[str]:
    renderer = Renderer(None, ENGLISH, branded())
    yield from (renderer.render(name, WELL_KNOWN).html for name in renderer.template_names())
    folder = factory.mktemp("shop")
    facts = ConfirmationFacts("Corner Café", "Lisboa", "3 May", "Yes.", LINK, "10 May")
    yield render_confirmation(facts, folder, ENGLISH, branded()).html
    components = note("{{ code_box('ABC', 'Your code') }}{{ stars(4) }}{{ points_bar(1, 2) }}")
    yield own_renderer(folder, note=components).render("note", WELL_KNOWN).html


def unsupported(name: str) -> list[str]:
    """Mail programs that do not support a feature, or not wholly, in their newest version."""
    stats = support().get(name, {}).get("stats", {})
    return [
        f"{family} on {platform}"
        for family, platforms in PROGRAMS.items()
        for platform, versions in stats.get(family, {}).items()
        if (not platforms or platform in platforms) and list(versions.values())[-1][0] != "y"
    ]


def test_what_mail_programs_lack_does_no_harm(used: frozenset[str]) -> None:
    lacking = {name: unsupported(name) for name in used if unsupported(name)}
    assert {name: lacking[name] for name in lacking.keys() - WITHOUT_HARM.keys()} == {}


def test_every_reason_is_about_something_used(used: frozenset[str]) -> None:
    assert {name for name in WITHOUT_HARM if name not in used or not unsupported(name)} == set()


@pytest.mark.parametrize("name", ["css-display-flex", "css-variables", "image-svg", "css-gap"])
def test_what_would_do_harm_is_not_used(used: frozenset[str], name: str) -> None:
    assert unsupported(name)
    assert name not in used
