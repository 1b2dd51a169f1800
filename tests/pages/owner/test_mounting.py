"""The pages of one shop among several, below a path: links, cookies and redirects have it."""

from __future__ import annotations

from dataclasses import replace

from starlette.applications import Starlette
from starlette.routing import Mount

from pages.owner.app import create_owner_app
from tests.pages.owner import sample_page
from tests.pages.owner.browsers import PASSCODE, Browser, OwnerSitePages, with_passcode


def test_below_a_path_everything_has_the_path(sample_site: OwnerSitePages) -> None:
    app = Starlette(routes=[Mount("/s/cafe", sample_site.app)])
    browser = Browser(app)
    form = browser.get("/s/cafe/?x=1")
    assert form.headers["location"] == "/s/cafe/sign-in?page=%2F%3Fx%3D1"
    browser.open(form.headers["location"])
    response = browser.post("/s/cafe/sign-in", {"passcode": PASSCODE, "page": "/?x=1"})
    assert response.headers["location"] == "/s/cafe/?x=1"
    assert all("Path=/s/cafe/" in cookie for cookie in response.headers.get_list("set-cookie"))
    page = browser.get("/s/cafe/").text
    assert 'href="/s/cafe/" aria-current="page"' in page
    assert 'action="/s/cafe/done"' in page
    assert browser.post("/s/cafe/done", {"task": "1"}).headers["location"] == "/s/cafe/"
    assert 'href="/s/cafe/static/' in page
    stylesheet = page.split('rel="stylesheet" href="')[1].split('"')[0]
    assert browser.get(stylesheet).status_code == 200


def test_a_session_of_one_shop_opens_no_other(sample_site: OwnerSitePages) -> None:
    bakery = with_passcode(replace(sample_site.cafe.shop, secret="of the bakery"), "white bread!")
    other = create_owner_app(bakery, sample_site.entrance, pages=(sample_page,))
    browser = Browser(Starlette(routes=[Mount("/s/cafe", sample_site.app), Mount("/s/b", other)]))
    browser.get("/s/cafe/sign-in")
    browser.post("/s/cafe/sign-in", {"passcode": PASSCODE})
    assert browser.get("/s/cafe/").status_code == 200
    stolen = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)
    assert Browser(browser.app).get("/s/b/", cookie=stolen).status_code == 303
    assert Browser(browser.app).get("/s/cafe/", cookie=stolen).status_code == 200
