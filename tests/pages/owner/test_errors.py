"""Pages while the database is busy, after a fault, and for what is not there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pages.owner.last_pages import MAX_AGE, MAX_PAGES, LastPage, LastPages
from pages.owner.site import NavEntry, OwnerSite
from settings.errors import UnavailableError
from shop.db.engine import open_database
from tests.cafe import HOUR, MARCH
from tests.pages.owner.browsers import OwnerSitePages, words
from tests.pages.visitors import access_lines


@contextmanager
def locked(sample_site: OwnerSitePages) -> Iterator[None]:
    """Another process holds the database, also for readers."""
    sample_site.cafe.engine.dispose()
    with closing(sqlite3.connect(sample_site.cafe.path.with_name("regulars.db"))) as other:
        other.execute("PRAGMA journal_mode=DELETE")
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        yield


@pytest.fixture
def impatient_site(sample_site: OwnerSitePages) -> Iterator[OwnerSitePages]:
    """The pages with connections that wait for a lock for a moment only."""
    cafe = sample_site.cafe
    database = "sqlite:///regulars.db"
    engine = open_database(database, base_folder=cafe.path.parent, lock_timeout=0.05)
    cafe.engine, cafe.shop = engine, replace(cafe.shop, engine=engine)
    yield OwnerSitePages(cafe, pages=sample_site.pages)
    engine.dispose()


def test_while_the_database_is_busy_the_page_of_before_is_shown(
    impatient_site: OwnerSitePages,
) -> None:
    owner, other = impatient_site.browser, impatient_site.stranger()
    assert "What needs you" in owner.get("/health").text
    impatient_site.clock.now = MARCH + HOUR / 2
    with locked(impatient_site):
        other.sign_in()
        other.get("/health")
        response = owner.get("/health")
        assert owner.form_token != other.form_token  # nothing of a session is kept
    assert response.status_code == 200
    assert "This is how the page was at 10:00." in words(response)
    assert "What needs you" in response.text


def test_a_page_that_was_not_open_says_to_try_again(impatient_site: OwnerSitePages) -> None:
    with locked(impatient_site):
        response = impatient_site.browser.get("/health")
        assert impatient_site.browser.get("/").status_code == 200  # its badge alone is missing
    assert (response.status_code, response.headers["retry-after"]) == (503, "60")
    assert "Nothing was changed; try again in a minute." in words(response)


def test_what_is_not_there_has_a_page(sample_site: OwnerSitePages) -> None:
    response = sample_site.browser.get("/customers/999999999999999999999999999")
    assert response.status_code == 404
    assert "Nothing is here" in response.text
    assert "Sign out" in response.text


def test_pages_of_before_are_few_and_young() -> None:
    pages = LastPages()
    for number in range(MAX_PAGES + 1):
        pages.keep(f"/{number}?", LastPage("health.html", {}, MARCH))
    assert pages.find("/0?", MARCH) is None
    assert pages.find("/1?", MARCH + MAX_AGE) is not None
    assert pages.find("/1?", MARCH + MAX_AGE + timedelta(seconds=1)) is None


class FaultyPage:
    """A page whose handlers fail in each way."""

    NAV: NavEntry | None = None

    def routes(self, site: OwnerSite) -> list[Route]:
        def fail(_request: Request) -> Response:
            raise ValueError("clara@example.com is not a number")

        def nobody(_request: Request) -> Response:
            raise HTTPException(404)

        def busy(_request: Request) -> Response:
            raise UnavailableError("locked")

        return [
            Route("/fail/{customer:int}", fail),
            Route("/people/{customer:int}", nobody),
            Route("/busy", busy, methods=["GET", "POST"]),
        ]


def test_a_fault_is_logged_without_what_it_is_about(sample_site: OwnerSitePages) -> None:
    faulty = replace(sample_site, pages=[FaultyPage()])
    with access_lines() as log:
        responses = [faulty.browser.get(path) for path in ("/fail/17", "/people/17", "/busy")]
    assert [response.status_code for response in responses] == [500, 404, 503]
    assert "The fault is in Regulars" in responses[0].text
    assert "default-src 'none'" in responses[0].headers["content-security-policy"]
    assert [line.split(" ms")[0].rpartition(" ")[0] for line in log] == [
        "GET /fail/… 500",
        "GET /people/… 404",
        "GET /busy 503",
    ]
    assert not any("17" in line.split(" ms")[0].split()[1] or "clara" in line for line in log)


def test_unknown_paths_and_tokens_are_not_logged(sample_site: OwnerSitePages) -> None:
    with access_lines() as log:
        sample_site.browser.get("/clara@example.com")
        sample_site.stranger().get("/link/a-secret-token")
        sample_site.browser.get("/health?q=clara")
    assert [line.rsplit(" ", 2)[0] for line in log] == [
        "GET … 404", "GET /link/… 404", "GET /health 200",
    ]  # fmt: skip


def test_a_form_while_the_database_is_busy_changes_nothing(sample_site: OwnerSitePages) -> None:
    faulty = replace(sample_site, pages=[FaultyPage()])
    faulty.browser.get("/nobody")
    assert faulty.browser.post("/busy").status_code == 503
