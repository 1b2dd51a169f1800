"""Several shops on one port: each keeps its own passcode, session and data."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

from engine.open.open_shop import open_shop
from pages.owner.access.hosts import AllowedHosts
from pages.owner.overview.app import PASSCODE_NAME
from pages.owner.overview.slugs import assign_slugs, slug_of
from regulars.serve.overview import create_served_overview
from settings.errors import WrongUsageError
from shop.db.engine import write_transaction
from shop.ingest.source_rows import SourceRows, ingest_rows
from tests.cafe import FILE
from tests.pages.owner.browsers import Browser
from tests.rows import identity

OVERVIEW_PASSCODE = "all of my shops"


@dataclass
class Shops:
    """A café on SQLite with Ana, a bakery on PostgreSQL with Bruno, and a salon."""

    folder: Path

    def path(self, name: str) -> Path:
        return self.folder / name / "config.yaml"

    def write(self, name: str, database: str | None = None, *, title: str = "") -> Path:
        path = self.path(name)
        path.parent.mkdir(exist_ok=True)
        text = FILE.replace("Corner Café", title or name.title())
        line = f"database: {database}\n" if database else ""
        path.write_text(f"{text}\n{line}pages: {{passcode: $REGULARS_PASSCODE}}\n")
        (path.parent / ".env").write_text(f"REGULARS_PASSCODE=passcode of {name}\n")
        return path

    def fill(self, name: str, customer: str) -> None:
        shop = open_shop(self.path(name))
        rows = SourceRows(identities=[identity(customer, email=f"{customer}@example.com")])
        with write_transaction(shop.engine) as connection:
            ingest_rows(connection, "online-shop", rows)
        shop.engine.dispose()

    def browser(self, *names: str) -> Browser:
        """A stranger's browser of the overview of these shops."""
        paths = [self.path(name) for name in names]
        environ = {PASSCODE_NAME: OVERVIEW_PASSCODE}
        overview = create_served_overview(assign_slugs(paths), AllowedHosts(), environ=environ)
        return Browser(overview.app)


def sign_in(browser: Browser, prefix: str, passcode: str) -> int:
    browser.get(f"{prefix}/sign-in")
    return browser.post(f"{prefix}/sign-in", {"passcode": passcode}).status_code


@pytest.fixture
def shops(tmp_path: Path) -> Shops:
    return Shops(tmp_path)


@pytest.fixture
def two_shops(shops: Shops, postgres: Engine) -> Shops:
    shops.write("cafe")
    url = postgres.url.render_as_string(hide_password=False)
    shops.write("bakery", url)
    shops.fill("cafe", "ana")
    shops.fill("bakery", "bruno")
    return shops


def test_a_session_opens_one_shop_and_shows_nothing_of_another(two_shops: Shops) -> None:
    browser = two_shops.browser("cafe", "bakery")
    assert sign_in(browser, "", OVERVIEW_PASSCODE) == 303
    overview = browser.get("/").text
    assert 'href="/s/cafe/"' in overview
    assert 'href="/s/bakery/"' in overview
    assert browser.get("/s/cafe/customers").status_code == 303
    assert sign_in(browser, "/s/cafe", "passcode of bakery") == 403
    assert sign_in(browser, "/s/cafe", "passcode of cafe") == 303
    assert browser.get("/s/bakery/customers").status_code == 303
    stolen = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)
    thief = Browser(browser.app)
    assert thief.get("/s/bakery/customers", cookie=stolen).status_code == 303
    assert sign_in(browser, "/s/bakery", "passcode of bakery") == 303
    for _ in range(2):  # the second time from what the first has cached
        pages = {name: browser.get(f"/s/{name}/customers").text for name in ("cafe", "bakery")}
        assert ("Ana" in pages["cafe"], "Bruno" in pages["cafe"]) == (True, False)
        assert ("Ana" in pages["bakery"], "Bruno" in pages["bakery"]) == (False, True)
    assert browser.get("/s/cafe/customers/2").status_code == 404
    links = re.findall(r'(?:href|action|src)="(/[^"]*)"', pages["cafe"])
    assert all(link.startswith("/s/cafe/") for link in links)


def test_a_broken_shop_hides_no_other(shops: Shops) -> None:
    for name in ("cafe", "salon", "lost"):
        shops.write(name)
    shops.fill("cafe", "ana")
    shops.fill("lost", "bruno")
    shops.path("salon").write_text("shop: [secret-of-the-salon")
    for file in shops.path("lost").parent.glob("*.db*"):
        file.write_bytes(b"no database")
    browser = shops.browser("cafe", "salon", "lost")
    assert browser.get("/s/salon/").status_code == 503
    assert "secret-of-the-salon" not in browser.get("/s/salon/").text
    sign_in(browser, "", OVERVIEW_PASSCODE)
    page = browser.get("/").text
    assert page.count("cannot be read") == 2
    assert page.index("Salon") < page.index("Cafe") if "Salon" in page else True
    assert browser.get("/s/lost/").status_code == 503
    assert sign_in(browser, "/s/cafe", "passcode of cafe") == 303
    assert "Ana" in browser.get("/s/cafe/customers").text


def test_a_mended_or_changed_file_is_followed(shops: Shops) -> None:
    path = shops.write("cafe")
    text = path.read_text()
    path.write_text("shop:")
    browser = shops.browser("cafe")
    assert browser.get("/s/cafe/sign-in").status_code == 503
    path.write_text(text)
    assert sign_in(browser, "/s/cafe", "passcode of cafe") == 303
    path.write_text(text.replace("Cafe", "Café do Largo, on the square"))
    assert "Café do Largo" in browser.get("/s/cafe/health").text
    (path.parent / ".env").write_text("REGULARS_PASSCODE=another passcode\n")
    assert browser.get("/s/cafe/health").status_code == 303
    assert sign_in(browser, "/s/cafe", "another passcode") == 303


def test_strangers_other_hosts_and_short_passcodes_are_refused(shops: Shops) -> None:
    shops.write("cafe")
    browser = shops.browser("cafe")
    assert browser.get("/").headers["location"] == "/sign-in"
    assert browser.get("/", host="evil.example").status_code == 403
    assert browser.get("/s/cafe/", **{"x-forwarded-for": "10.0.0.1"}).status_code == 403
    assert browser.get("/s/nobody/").status_code == 303
    with pytest.raises(WrongUsageError, match="too short"):
        create_served_overview({}, AllowedHosts(), environ={PASSCODE_NAME: "short"})


@pytest.mark.parametrize(
    ("folder", "slug"),
    [
        ("Padaria São João", "padaria-sao-joao"),
        ("<script>", "script"),
        ("..%2f..", "2f"),
        ("茶", "shop"),
        ("x" * 300, "x" * 40),
    ],
)
def test_slugs_are_plain_whatever_a_folder_is_called(folder: str, slug: str) -> None:
    assert slug_of(folder) == slug


def test_slugs_of_two_alike_differ(tmp_path: Path) -> None:
    paths = [tmp_path / name / "config.yaml" for name in ("a b", "a-b", "A_b")]
    assert list(assign_slugs([*paths, paths[0]])) == ["a-b", "a-b-2", "a-b-3"]
    assert os.sep not in "".join(assign_slugs(paths))
