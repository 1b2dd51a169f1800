"""The page Calendar shows what `regulars calendar --json` prints."""

from __future__ import annotations

from engine.calendar.calendar import load_calendar
from engine.calendar.document import to_document
from shop.db.engine import read_transaction
from tests.cafe import DAY, MARCH, Cafe
from tests.pages.owner.browsers import OwnerSitePages

RULES = """
rules:
  win-back:
    when: no visit
    for: 60 days
    then:
      - send: we-miss-you
"""


def test_the_page_says_what_the_command_says(cafe: Cafe) -> None:
    cafe.reread(RULES)
    cafe.run(MARCH)
    cafe.customer("<script>alert(1)</script>")
    cafe.visits("<script>alert(1)</script>", MARCH - 58 * DAY)
    cafe.run(MARCH)
    site = OwnerSitePages(cafe)
    site.clock.now = MARCH
    page = site.browser.open("/calendar").text
    with read_transaction(cafe.engine) as connection:
        calendar = load_calendar(connection, cafe.shop, now=MARCH)
    document = to_document(calendar, cafe.shop.config)
    [entry] = [entry for day in document["days"] for entry in day["if nothing changes"]]
    assert entry["says"] == "1 person (no visit for 60 days): mail we-miss-you from 10:00"
    assert f'<a href="{entry["people"].replace("&", "&amp;")}">1 person</a>' in page
    assert "(no visit for 60 days): mail we-miss-you from 10:00" in page
    assert "at most 1 mail" in page
    assert "Thursday, 5 March" in page


def test_nonsense_in_the_address_shows_a_week(cafe: Cafe) -> None:
    site = OwnerSitePages(cafe)
    for days, shown in (("14", 14), ("999", 7), ("-1", 7), ("٣", 7), ("x" * 500, 7)):
        page = site.browser.open(f"/calendar?days={days}")
        assert page.text.count("<h2 id=") == shown
