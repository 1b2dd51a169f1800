"""The pages Customers: search, a person, and what can be done there."""

from __future__ import annotations

import html
import json
import re
from functools import partial
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import Engine

from engine.explain.model import to_document
from engine.explain.profile import load_profile
from engine.people.customer_page import load_customer_page
from shop.db.engine import read_transaction
from shop.tables import Message, Suppression, Task
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.pages.owner.browsers import Browser, OwnerSitePages
from tests.pages.owner.chromium import (
    PHONE,
    VIEWS,
    Chromium,
    View,
    VisitedPage,
    needs_chromium,
)
from tests.rows import identity, order

RULES = """
loyalty: {earn: 1 point per 1}
rules:
  cart-reminder:
    when: cart abandoned
    for: 3 hours
    then:
      - task: Call <b>them</b>
      - wait: 1 day
      - send: cart-reminder
"""
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def cafe(sqlite: Engine, tmp_path: Path) -> Cafe:
    """Clara has an open task; customer 2 has a hostile name."""
    cafe = Cafe(sqlite, tmp_path, RULES)
    cafe.run(MARCH - 5 * HOUR)
    cafe.customer("clara")
    cafe.arrive(
        identities=[
            identity("x", email="x@example.com", first_name=HOSTILE, last_name="\u202eevil")
        ]
    )
    cafe.visits("clara", *(MARCH - days * DAY for days in (50, 43, 36, 29)))
    cafe.cart("clara", MARCH - 4 * HOUR)
    cafe.run(MARCH)
    return cafe


@pytest.fixture
def site(cafe: Cafe) -> OwnerSitePages:
    return OwnerSitePages(cafe)


@pytest.fixture
def owner(site: OwnerSitePages) -> Browser:
    return site.browser


def text_of(page: str) -> str:
    """The words of a page, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_people_are_found_and_listed(owner: Browser) -> None:
    assert "2 people" in text_of(owner.get("/customers").text)
    page = owner.get("/customers?search=CLÁRA").text
    assert "clara@example.com" in page
    assert "x@example.com" not in page
    assert "Overdue regulars" in owner.get("/customers?list=overdue").text


def test_search_words_stay_in_the_links_of_the_page(owner: Browser) -> None:
    page = owner.get(
        "/customers",
    ).text
    assert "sort=spent" in page
    page = owner.get('/customers?search="><script>&list=reach&state=with e-mail').text
    assert "<script>&" not in page
    assert "state=with%20e-mail" in page or "state=with+e-mail" in page


def test_days_since_the_last_visit_are_the_same_in_the_sentence_and_in_the_tile(
    cafe: Cafe, owner: Browser
) -> None:
    cafe.visits("clara", MARCH - 5 * DAY + 6 * HOUR)  # not quite five times 24 hours ago
    cafe.run(MARCH)
    page = text_of(owner.get("/customers/1").text)
    assert "Was last here 5 days ago" in page
    assert page.count("5 days ago") == 2


@pytest.mark.parametrize(
    "query", ["list=x", "list=reach&state=x", "sort=x", "list=visits&from=x", "list=mails&state=’"]
)
def test_a_list_that_is_none_is_answered_with_everybody_and_a_sentence(
    owner: Browser, query: str
) -> None:
    response = owner.get(f"/customers?{query}")
    assert response.status_code == 400
    assert "clara@example.com" in response.text


@pytest.mark.parametrize(
    "number",
    ["99", "0", "-1", "1 OR 1=1", "1%20OR%201=1", "1" * 31, "1e3", "٣", "x", "1%00", "%2e%2e"],
)
def test_a_number_of_nobody_is_not_found(owner: Browser, number: str) -> None:
    assert owner.get(f"/customers/{number}").status_code == 404
    assert owner.post(f"/customers/{number}/no-mail").status_code == 404


def test_a_hostile_name_is_text(owner: Browser) -> None:
    for path in ("/customers", "/customers/2", "/customers/2/why/cart-reminder"):
        page = owner.get(path).text
        assert HOSTILE not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "\u202e" not in page


def test_the_page_shows_the_numbers_of_the_command(cafe: Cafe, owner: Browser) -> None:
    page = text_of(owner.get("/customers/1").text)
    with read_transaction(cafe.engine) as connection:
        profile = load_profile(connection, cafe.shop.config, "1", now=MARCH)
        shown = load_customer_page(connection, cafe.shop, 1, now=MARCH)
    document = to_document(profile)
    assert to_document(shown.profile) == document
    bought = document["bought"]
    assert f"Visits {bought['visits']}" in page
    assert f"Spent €{bought['spent']} {bought['orders']} orders" in page
    assert f"Points {document['points']}" in page
    assert shown.rhythm in page
    assert all(f"{entry.title}" in page for entry in shown.timeline.entries)
    assert json.dumps(document)


def test_why_explains_one_rule(owner: Browser) -> None:
    page = text_of(owner.get("/customers/1/why/cart-reminder").text)
    assert "cart abandoned for 3 hours" in page
    assert "wait 1 day" in page
    assert owner.get("/customers/1/why/nothing").status_code == 404
    assert owner.get("/customers/1/why/%3Cscript%3E").status_code == 404


def test_a_mail_shows_what_is_stored_of_it(cafe: Cafe, owner: Browser) -> None:
    cafe.run(MARCH + DAY)
    (mail,) = cafe.select_all(Message.id)
    assert f"/customers/1/mails/{mail}" in owner.get("/customers/1").text
    page = text_of(owner.get(f"/customers/1/mails/{mail}").text)
    assert "Sent to clara@example.com" in page
    content = owner.get(f"/customers/1/mails/{mail}/content")
    assert "Granola" in content.text
    assert "sandbox" in content.headers["content-security-policy"]
    assert owner.get(f"/customers/2/mails/{mail}").status_code == 404
    assert owner.get(f"/customers/2/mails/{mail}/content").status_code == 404
    assert owner.get("/customers/1/mails/x'%20OR%201=1").status_code == 404


def test_a_task_is_ticked_off_once_in_two_tabs(cafe: Cafe, owner: Browser) -> None:
    assert "Call &lt;b&gt;them&lt;/b&gt;" in owner.get("/customers/1").text
    assert "Done." in owner.submit("/customers/1/task-done", {"task": "1"}).text
    assert "done before" in owner.submit("/customers/1/task-done", {"task": "1"}).text
    assert cafe.select_all(Task.done_at) == [MARCH]
    assert owner.post("/customers/1/task-done", {"task": "1 OR 1=1"}).status_code == 404


def test_mail_is_stopped_and_allowed_again_with_a_reason(cafe: Cafe, owner: Browser) -> None:
    owner.get("/customers/1")
    page = owner.submit("/customers/1/no-mail", {"because": "She asked <i>me</i>"}).text
    assert "Nothing goes to" in page
    assert "She asked &lt;i&gt;me&lt;/i&gt;" in page
    assert "done before" in owner.submit("/customers/1/no-mail").text
    assert "Say why" in owner.submit("/customers/1/mail-again", {"because": " "}).text
    assert cafe.select_all(Suppression.lifted_at) == [None]
    page = owner.submit("/customers/1/mail-again", {"because": "She came back"}).text
    assert "Mail may go to this address again." in page
    assert cafe.select_all(Suppression.lifted_because) == ["She came back"]


def test_a_form_without_the_token_does_nothing(cafe: Cafe, owner: Browser) -> None:
    assert owner.send({"because": "x"}, "/customers/1/no-mail").status_code == 403
    assert cafe.select_all(Suppression.address) == []
    assert owner.get("/customers/1/no-mail").status_code in (404, 405)


def test_a_merged_customer_leads_to_the_person_they_are_today(cafe: Cafe, owner: Browser) -> None:
    cafe.arrive(
        identities=[identity("x", email="clara@example.com", version=2, first_name=HOSTILE)]
    )
    response = owner.get("/customers/2")
    assert response.headers["location"] == "/customers/1"
    assert "Two records became one person" in owner.open("/customers/2").text


def test_a_long_history_is_shown_in_parts(cafe: Cafe, owner: Browser) -> None:
    moments = [(f"o{number}", MARCH - number * HOUR) for number in range(1, 60)]
    cafe.arrive(orders=[order(key, "clara", at) for key, at in moments])
    page = owner.get("/customers/1").text
    (older,) = re.findall(r'href="([^"]*before=[^"]*)"', page)
    assert "Bought online" in owner.get(html.unescape(older).partition("#")[0]).text
    assert owner.get("/customers/1?before=%00%FF").status_code == 200


@needs_chromium
def test_customers_fit_the_screen_and_axe_finds_nothing(
    chromium: Chromium, cafe: Cafe, site: OwnerSitePages, tmp_path: Path
) -> None:
    cafe.run(MARCH + DAY)
    (mail,) = cafe.select_all(Message.id)

    def look(visited: VisitedPage, picture: Path) -> tuple[bool, list[str]]:
        for details in visited.page.locator("details").all():
            details.evaluate("details => { details.open = true }")
        visited.page.screenshot(path=picture, full_page=True)
        return visited.is_too_wide(), visited.violations()

    paths = {"list": "/customers", "person": "/customers/1", "hostile": "/customers/2",
             "why": "/customers/1/why/cart-reminder",
             "mail": f"/customers/1/mails/{mail}"}  # fmt: skip
    with site.served() as address:
        # The person in all four views, the others in the narrow light and the wide dark one.
        for view, (name, path) in product(VIEWS, paths.items()):
            if name != "person" and view not in (VIEWS[0], VIEWS[-1]):
                continue
            action = partial(look, picture=tmp_path / f"{name}-{view}.png")
            result = chromium.visit(address + path, site.cookies(address), action, view)
            assert (name, view, *result) == (name, view, False, [])


@needs_chromium
def test_without_scripts_and_by_keyboard_a_person_is_found_and_gets_no_mail(
    chromium: Chromium, site: OwnerSitePages
) -> None:
    def use(visited: VisitedPage) -> str:
        page = visited.page
        page.get_by_role("searchbox").press_sequentially("CLÁRA")
        page.get_by_role("searchbox").press("Enter")
        page.get_by_role("link", name="Clara").press("Enter")
        page.get_by_text("Send them no mail").press("Enter")
        page.get_by_label("Why, for your own records").press_sequentially("asked")
        page.get_by_role("button", name="Send no mail").press("Enter")
        return str(page.get_by_role("status").inner_text())

    with site.served() as address:
        view = View(PHONE, scripts=False)
        notice = chromium.visit(f"{address}/customers", site.cookies(address), use, view)
    assert notice == "Nothing goes to this address any more."
