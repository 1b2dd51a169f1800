"""The pages Rules and of one rule."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import insert

from regulars.commands import rules as command
from shop.db.engine import read_transaction, write_transaction
from shop.db.stops import load_stops
from shop.db.upsert import insert_missing
from shop.rule_counts.classes import ALL_TIMES
from shop.tables import RuleCount, RuleState
from tests.cafe import DAY, MARCH, Cafe
from tests.pages.owner.browsers import Browser, OwnerSitePages

SERIES = """
rules:
  # Brings people back.
  win-back:
    when: no visit
    for: 10 days
    if: {visits: at least 2}
    then:
      - send: we-miss-you
        with: {treat: a cappuccino, valid for: 14 days}
      - wait: 2 days
      - if: {visits: at least 3}
        then: [{task: Call them}]
        else: [{send: welcome}]
    stop when: visit
    include backlog: yes
  welcome:
    when: subscribed
    then: [{send: welcome}]
"""
ON_SQLITE = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
NUMBER = re.compile(r'data-list="([^"]+)">([\d,]+)')


@pytest.fixture
def site(cafe: Cafe) -> OwnerSitePages:
    cafe.reread(SERIES)
    for name, visits in {"ana": 3, "bruno": 2, "clara": 1, "duarte": 2}.items():
        cafe.customer(name, says=None if name == "duarte" else "yes")
        cafe.visits(name, *(MARCH - (15 + 7 * number) * DAY for number in range(visits)))
    cafe.run()
    return OwnerSitePages(cafe)


def numbers_of(document: Any) -> Iterator[tuple[str, int]]:
    """Yields the lists of a JSON document with their numbers, those of zero left out."""
    if isinstance(document, dict):
        if document.get("number"):
            yield document["people"], document["number"]
        for part in document.values():
            yield from numbers_of(part)
    elif isinstance(document, list):
        for part in document:
            yield from numbers_of(part)


def shown_numbers(text: str) -> set[tuple[str, int]]:
    return {
        (html.unescape(path), int(number.replace(",", ""))) for path, number in NUMBER.findall(text)
    }


def printed(capsys: pytest.CaptureFixture[str], cafe: Cafe, rule: str | None) -> Any:
    command.run(cafe.path, rule, now=MARCH, as_json=True)
    return json.loads(capsys.readouterr().out)


@ON_SQLITE
@pytest.mark.parametrize("rule", [None, "win-back", "welcome"])
def test_each_number_is_that_of_the_command(
    site: OwnerSitePages, capsys: pytest.CaptureFixture[str], rule: str | None
) -> None:
    document = printed(capsys, site.cafe, rule)
    page = site.browser.open(f"/rules/{rule}" if rule else "/rules")
    numbers = set(numbers_of(document))
    assert shown_numbers(page.text) == numbers
    assert numbers or rule == "welcome"
    if rule:
        assert html.escape(document["does"], quote=False) in page.text


def test_pausing_and_starting_do_what_the_commands_do(site: OwnerSitePages) -> None:
    owner = site.browser
    owner.open("/rules/win-back")
    page = owner.submit("/rules/win-back/pause", {"reason": " Wrong   treat. "})
    assert "The mail of win-back is held. It goes on finding people." in page.text
    assert "Wrong treat." in page.text
    assert stops(site.cafe)["win-back"] == (MARCH, "Wrong treat.")
    page = owner.submit("/rules/win-back/start")
    assert "The mail of win-back goes with the next run." in page.text
    assert stops(site.cafe) == {}


@ON_SQLITE
def test_the_second_of_two_tabs_is_told(site: OwnerSitePages) -> None:
    owner = site.browser
    owner.open("/rules/win-back")
    owner.submit("/rules/win-back/pause", {"reason": "First."})
    page = owner.submit("/rules/win-back/pause", {"reason": "Second."})
    assert "The mail of win-back is held already." in page.text
    assert stops(site.cafe)["win-back"][1] == "First."
    owner.submit("/rules/win-back/start")
    assert "was not held any more" in owner.submit("/rules/win-back/start").text


@ON_SQLITE
def test_all_mail_is_held_and_each_page_says_so(site: OwnerSitePages) -> None:
    owner = site.browser
    owner.open("/rules")
    owner.submit("/mail/stop", {"reason": "<b>Wrong names</b>"})
    for path in ("/rules", "/rules/welcome", "/health"):
        text = owner.open(path).text
        assert "All mail is held" in text
        assert "&lt;b&gt;Wrong names&lt;/b&gt;" in text
    assert "All mail goes with the next run." in owner.submit("/mail/start").text
    assert "<b>All mail is held" not in owner.open("/rules").text


@ON_SQLITE
def test_a_form_without_the_token_pauses_nothing(site: OwnerSitePages) -> None:
    assert site.browser.send({"reason": "x"}, "/rules/win-back/pause").status_code == 403
    assert stops(site.cafe) == {}


@pytest.mark.parametrize(
    "name", ["%3Cscript%3Ealert(1)%3C%2Fscript%3E", "..%2F..%2Fetc", "win-back%2F..", "añil", "%00"]
)
def test_the_name_of_no_rule_does_nothing(site: OwnerSitePages, name: str) -> None:
    owner = site.browser
    page = owner.open(f"/rules/{name}")
    assert page.status_code == 404
    assert "<script>alert" not in page.text
    assert "<script>alert" not in owner.submit(f"/rules/{name}/pause").text
    owner.submit(f"/rules/{name}/start")
    assert stops(site.cafe) == {}


def test_a_stored_rule_with_a_hostile_name_is_only_text(site: OwnerSitePages) -> None:
    hostile = '"><script>alert(1)</script>'
    with write_transaction(site.cafe.engine) as connection:
        row = {"rule": hostile, "since": MARCH, "looked_until": MARCH}
        insert_missing(connection, RuleState, [row])
        counter = {"quarter": ALL_TIMES, "kind": "people", "rule": hostile, "step": "</script>"}
        counter |= {"state": "waiting", "reason": "", "change": 0, "number": 1}
        connection.execute(insert(RuleCount).values(counter))
    text = site.browser.open("/rules").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


@ON_SQLITE
def test_a_rule_that_leaves_the_file_while_its_page_is_open(site: OwnerSitePages) -> None:
    owner = site.browser
    owner.open("/rules/welcome")
    site.cafe.reread(SERIES[: SERIES.index("  welcome:")])
    site.rebuild()
    owner.app = site.app
    page = owner.submit("/rules/welcome/pause", {"reason": "Too late."})
    assert "There is no rule welcome." in page.text
    assert owner.open("/rules/welcome").status_code == 404
    assert stops(site.cafe) == {}


@ON_SQLITE
def test_a_broken_file_leaves_the_last_good_rules_with_a_notice(site: OwnerSitePages) -> None:
    path = site.cafe.path
    path.write_text(path.read_text().replace("for: 10 days", "for: 10 moons"))
    page = site.browser.open("/rules/win-back").text
    assert "has a mistake" in page
    assert "When somebody has not come for 10 days" in page
    assert re.search(r'<li class="wrong">.*?for: 10 moons', page)
    path.write_text("rules: [")
    page = site.browser.open("/rules").text
    assert "has a mistake" in page
    assert "win-back" in page


def test_a_mail_is_shown_as_it_is_sent(site: OwnerSitePages) -> None:
    mail = site.browser.open("/rules/win-back/mails/1")
    assert "a cappuccino" in mail.text
    assert "sandbox" in mail.headers["content-security-policy"]
    of_ana = site.browser.open("/rules/win-back/mails/1?customer=1").text
    assert "Ana" in of_ana
    german = site.browser.open("/rules/win-back/mails/1?language=de").text
    assert 'lang="de"' in german


@ON_SQLITE
@pytest.mark.parametrize(
    "path",
    [
        "/rules/win-back/mails/2", "/rules/win-back/mails/99", "/rules/win-back/mails/then.x",
        "/rules/nothing/mails/1", "/rules/win-back/mails/%2e%2e",
    ],
)  # fmt: skip
def test_a_place_without_a_mail_is_nothing(site: OwnerSitePages, path: str) -> None:
    assert site.browser.open(path).status_code == 404


@ON_SQLITE
@pytest.mark.parametrize("customer", ["999999", "-1", "x" * 400, "١", "1;DROP"])
def test_a_customer_of_nobody_shows_a_sentence_or_the_sample(
    site: OwnerSitePages, customer: str
) -> None:
    assert site.browser.open(f"/rules/win-back/mails/1?customer={customer}").status_code == 200
    assert site.browser.open(f"/rules/win-back?customer={customer}").status_code == 200


@ON_SQLITE
def test_the_drawing_holds_what_the_list_holds(site: OwnerSitePages) -> None:
    text = site.browser.open("/rules/win-back").text
    data = re.search(r'<script type="application/json">(.*?)</script>', text, re.DOTALL)
    assert data is not None
    drawing = json.loads(data[1])
    titles = {node["title"] for node in drawing["nodes"]}
    listed = set(re.findall(r"<b>(.*?)</b>", text[text.index('<ol class="steps">') :]))
    assert titles <= {html.unescape(title) for title in listed}
    ids = {node["id"] for node in drawing["nodes"]}
    assert {end for edge in drawing["edges"] for end in edge[:2]} == ids


@ON_SQLITE
def test_thirty_steps_and_nested_ifs(cafe: Cafe) -> None:
    steps = "\n".join(f"      - wait: {n} days\n      - send: welcome" for n in range(1, 15))
    nested = "[{if: {visits: at least 1}, then: [{if: {visits: at least 2}, then: [{task: A}]}]}]"
    cafe.reread(
        "rules:\n  long:\n    when: subscribed\n    then:\n"
        f"      - if: {{visits: at least 9}}\n        then: {nested}\n{steps}\n"
    )
    text = OwnerSitePages(cafe).browser.open("/rules/long").text
    assert text.count("Send welcome") >= 14
    assert "level-3" in text


def stops(cafe: Cafe) -> Any:
    with read_transaction(cafe.engine) as connection:
        return load_stops(connection)


@ON_SQLITE
def test_nobody_without_a_session_sees_a_rule(site: OwnerSitePages) -> None:
    stranger: Browser = site.stranger()
    for path in ("/rules", "/rules/win-back", "/rules/win-back/mails/1"):
        assert stranger.get(path).status_code in (303, 403)
