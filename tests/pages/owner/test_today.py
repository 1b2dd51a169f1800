"""The page Today: every number is that of `regulars today --json`, and leads to its list."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert
from sqlmodel import col

from connectors.sync import WHOLE_SOURCE
from engine.owner import digest
from engine.owner.health import load_health
from engine.owner.sources import SourceState
from regulars.commands import today as today_command
from shop.db.engine import read_transaction, write_transaction
from shop.tables import ReachDay, SyncState, Task
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.pages.owner.browsers import Browser, OwnerSitePages
from tests.rows import identity

TILE = re.compile(r'<dt>(.*?)</dt>\s*<dd>(.*?)</dd>\s*<dd class="beside">(.*?)</dd>', re.DOTALL)
RULES = """
rules:
  we-miss-you:
    when: no visit
    for: 30 days
    then: [{send: we-miss-you, with: {treat: a free cappuccino}}]
    include backlog: yes
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{task: Ring <them> up, due in: 1 hour}, {send: cart-reminder, approve first: yes}]
    include backlog: yes
"""


def fill(cafe: Cafe) -> None:
    """Two years of weekly regulars; some stay away, one leaves a cart."""
    for number in range(12):
        name = f"p{number}"
        cafe.customer(name)
        weeks = range(1 if number < 8 else 3, 100, 1 + number % 2)
        cafe.visits(name, *(MARCH - 7 * week * DAY - number * DAY for week in weeks))
    cafe.arrive(identities=[identity("p9", email="p9@example.com", version=2)
                            | {"first_name": "<script>alert(1)</script>"}])  # fmt: skip
    cafe.customer("clara")
    cafe.visits("clara", MARCH - HOUR)
    cafe.cart("clara", MARCH - 4 * HOUR, key="first")
    cafe.run(MARCH - 8 * DAY)
    cafe.cart("ana", MARCH - 4 * HOUR)
    cafe.customer("ana")
    cafe.run(MARCH)


def text_of(page: str) -> str:
    """The page without tags, in one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def document(cafe: Cafe, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What `regulars today --json` prints at the time of the page."""
    command_at(cafe, as_json=True)
    parsed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return parsed


def command_at(cafe: Cafe, *, as_json: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.open.read_only.open_read_only", lambda _: cafe.shop)
        today_command.run(cafe.path, now=MARCH, as_json=as_json)


def open_today(cafe: Cafe) -> tuple[Browser, str]:
    """The page at MARCH: the browser, and its HTML."""
    pages = OwnerSitePages(cafe)
    pages.clock.now = MARCH
    response = pages.browser.open("/")
    assert response.status_code == 200
    return pages.browser, response.text


def test_each_number_is_that_of_the_command(cafe: Cafe, capsys: pytest.CaptureFixture[str]) -> None:
    cafe.reread(RULES)
    fill(cafe)
    figures = document(cafe, capsys)
    _, page = open_today(cafe)
    tiles = {text_of(label): (text_of(figure), text_of(beside))
             for label, figure, beside in TILE.findall(page)}  # fmt: skip
    visits, share, mails, reach = (
        figures[name] for name in ("visits", "returning", "mails", "reach")
    )
    assert visits["so far"] > 0
    assert tiles["Visits this week"][0] == str(visits["so far"])
    assert tiles["Visits this week"][1] == (
        f"Monday: {visits['whole days']}. The same day last week: {visits['last week']}. "
        f"All of last week: {visits['last week total']}"
    )
    assert tiles["Had been here before"][0] == f"{share['returning']} of {share['visits']}"
    assert tiles["E-mails this week"][0] == str(mails["written"]) == str(mails["rehearsed"])
    assert f"{mails['held']} for your word" in tiles["E-mails this week"][1]
    assert tiles["May be mailed"][0] == f"{reach['reachable']} of {reach['known']}"
    assert f"{reach['no']} said no; counted 10:00" in tiles["May be mailed"][1]
    drawn = json.loads(
        re.findall(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)[-1]
    )
    assert [(day["day"], day["new"], day["returning"]) for day in drawn["days"]] == [
        (day["day"], day["new"], day["returning"]) for day in figures["days"]
    ]
    assert text_of(page).count(" (so far)") == 1
    shown = text_of(page)
    for customer in figures["overdue"]:
        row = f"{customer['name']} {customer['visits']} {customer['days away']}"
        assert f"{row} {customer['usual days']}" in shown
    assert f"{figures['overdue total']} people are overdue" in shown
    for rule in figures["rules"]:
        written = f"{rule['written']} e-mails" if rule["written"] else "no e-mail"
        assert f"{rule['name']} {written} this week" in shown
    assert f"promised this week by we-miss-you, in {figures['promises']['treats'][0]['mails']}" in (
        shown
    )
    assert len(figures["tasks"]) == page.count('action="/tasks/done"') == 2
    assert 'href="/tasks"' in page


def test_the_letter_says_the_same(cafe: Cafe, capsys: pytest.CaptureFixture[str]) -> None:
    cafe.reread(RULES)
    fill(cafe)
    figures = document(cafe, capsys)
    letter = digest.render_digest(cafe.shop, now=MARCH).text
    assert f"{figures['mails']['held']} mails wait for your word" in letter
    for customer in figures["overdue"]:
        assert f"{customer['name']}, {customer['visits']} visits" in letter
    assert figures["visits"]["so far"] == 1
    assert "This week: 1 visit so far. Monday: 0. The same day last week: 1." in letter


def test_names_and_words_of_others_are_text(cafe: Cafe) -> None:
    cafe.reread(RULES)
    fill(cafe)
    _, page = open_today(cafe)
    assert "Ring &lt;them&gt; up" in page
    assert "<script>alert" not in page
    assert "<them>" not in page


def test_a_task_is_done_once(cafe: Cafe) -> None:
    cafe.reread(RULES)
    fill(cafe)
    browser, page = open_today(cafe)
    [number, _] = re.findall(r'name="task" value="(\d+)"', page)
    assert "Done." in browser.submit("/tasks/done", {"task": number}).text
    assert cafe.select_all(col(Task.done_at))[0] is not None
    assert "That was done already." in browser.submit("/tasks/done", {"task": number}).text


@pytest.mark.parametrize(
    "task", ["", "0", "9" * 40, "0" * 5_000, "0" * 20 + "9" * 20, "1; DROP TABLE tasks", "²", "-1"]
)
def test_a_task_that_is_none_changes_nothing(cafe: Cafe, task: str) -> None:
    cafe.reread(RULES)
    fill(cafe)
    browser, _ = open_today(cafe)
    assert "That was done already." in browser.submit("/tasks/done", {"task": task}).text
    assert cafe.select_all(col(Task.done_at)) == [None, None]


def test_each_count_leads_to_its_list(cafe: Cafe) -> None:
    cafe.reread(RULES)
    fill(cafe)
    _, page = open_today(cafe)
    links = {html.unescape(link) for link in re.findall(r'href="(/customers\?[^"]+)"', page)}
    week = "from=2026-03-02&until=2026-03-03"
    assert {
        f"/customers?list=visits&who=all&{week}",
        "/customers?list=visits&who=returning&from=2026-02-25&until=2026-03-03",
        f"/customers?list=mails&state=written&{week}",
        f"/customers?list=mails&rule=we-miss-you&state=written&{week}",
        "/customers?list=reach&state=reachable",
        "/customers?list=overdue",
        "/customers?list=visits&who=new&from=2026-03-03&until=2026-03-03",
    } <= links


def test_before_the_first_run_the_page_says_what_to_do(cafe: Cafe) -> None:
    """
    rules: {}
    """
    _, page = open_today(cafe)
    shown = text_of(page)
    assert "Visits are counted by the first run" in shown
    assert "May be mailed – The next run counts them" in shown
    assert "No task, and nothing waits for your word." in shown
    assert "There is no rule yet" in shown
    assert "There is no source yet" in shown


def test_a_shop_of_three_days_calls_nobody_new(
    cafe: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    rules: {}
    """
    for name in ("ana", "bruno"):
        cafe.customer(name)
        cafe.visits(name, MARCH - 2 * DAY, MARCH - DAY)
    cafe.run(MARCH)
    figures = document(cafe, capsys)
    assert (figures["visits"]["so far"], figures["visits"]["last week"]) == (2, None)
    _, page = open_today(cafe)
    shown = text_of(page)
    assert "2 of 4" in shown
    assert "last week is not in the data" in shown
    assert "the others may have come before 1 March 2026, where the data begin" in shown
    assert "Until 28 August 2026, the first 180 days of the data" in shown


def test_a_source_has_the_state_that_health_shows(
    cafe: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    sources:
      till:
        {from: csv, file: till.csv, holds: answers, columns: {customer: Who, when: At, csat: Stars}}
    """
    with write_transaction(cafe.engine) as connection:
        rows = [
            {"source": "till", "stream": "answers", "finished_at": MARCH - HOUR, "since": None},
            {"source": "till", "stream": WHOLE_SOURCE, "finished_at": MARCH - DAY, "since": MARCH},
        ]
        connection.execute(insert(SyncState), rows)
    [source] = document(cafe, capsys)["sources"]
    with read_transaction(cafe.engine) as connection:
        [till] = load_health(connection, cafe.shop, now=MARCH).sources
    assert (source["state"], source["read at"]) == ("failing", (MARCH - DAY).isoformat())
    assert till.state is SourceState.FAILING
    assert re.search(r"till csv · \S+ \S+ ago failing", text_of(open_today(cafe)[1]))


def test_statistics_have_no_place_on_the_page(cafe: Cafe) -> None:
    cafe.reread(RULES)
    fill(cafe)
    _, page = open_today(cafe)
    words = r"\b(arm|lift|hold-?out|thompson|sample ratio|fairness|rfm|percentile|median)\b"
    assert not re.search(words, text_of(page), re.IGNORECASE)


def test_the_reach_is_compared_with_that_of_a_week_before(
    cafe: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    rules: {}
    """
    cafe.customer("ana")
    cafe.run(MARCH - 7 * DAY)
    cafe.customer("bruno")
    cafe.customer("clara", says="no")
    cafe.run(MARCH)
    reach = document(cafe, capsys)["reach"]
    assert (reach["known"], reach["reachable"], reach["no"], reach["change"]) == (3, 2, 1, 1)
    assert reach["counted at"] == MARCH.isoformat()


def test_the_reach_is_counted_again_once_customers_have_changed(cafe: Cafe) -> None:
    """
    rules: {}
    """
    cafe.customer("ana")
    cafe.run(MARCH)
    cafe.run(MARCH + HOUR)
    assert cafe.select_all(col(ReachDay.counted_at)) == [MARCH]
    cafe.customer("bruno")
    cafe.run(MARCH + HOUR + timedelta(milliseconds=1))
    assert cafe.select_all(col(ReachDay.reachable)) == [2]
    cafe.run(MARCH + DAY)
    assert len(cafe.select_all(model=ReachDay)) == 2


def test_the_command_prints_the_page_in_words(
    cafe: Cafe, capsys: pytest.CaptureFixture[str]
) -> None:
    cafe.reread(RULES)
    fill(cafe)
    command_at(cafe, as_json=False)
    printed = capsys.readouterr().out
    for part in ("Tuesday", "Visits this week", "For you today", "Ring <them> up", "Say hello",
                 "we-miss-you", "promised this week: a free cappuccino"):  # fmt: skip
        assert part in printed
