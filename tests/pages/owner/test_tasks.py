"""The page of tasks."""

from __future__ import annotations

import pytest

from tests.cafe import HOUR, MARCH
from tests.pages.owner.browsers import OwnerSitePages
from tests.pages.visitors import visible_text

RULES = """
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{task: Ring <b>them</b> up, due in: 1 hour}, {send: cart-reminder}]
    include backlog: yes
"""


@pytest.fixture
def tasks(owner_site: OwnerSitePages) -> OwnerSitePages:
    cafe = owner_site.cafe
    cafe.reread(RULES)
    cafe.leave_carts(MARCH - 4 * HOUR, "ana", "bruno")
    cafe.run()
    return owner_site


def text(site: OwnerSitePages) -> str:
    return visible_text(site.browser.open("/tasks").text)


def test_a_task_is_done_and_taken_back(tasks: OwnerSitePages) -> None:
    assert "2 tasks to do" in text(tasks)
    assert "Ring &lt;b&gt;them&lt;/b&gt; up" in text(tasks)
    page = visible_text(tasks.browser.submit("/tasks", {"task": "1", "action": "done"}).text)
    assert "Done. Tasks 1 task to do" in page
    again = tasks.browser.submit("/tasks", {"task": "1", "action": "done"})
    assert "That task was done before." in again.text
    page = visible_text(tasks.browser.submit("/tasks", {"task": "1", "action": "undo"}).text)
    assert "It is open again. Tasks 2 tasks to do" in page
    again = tasks.browser.submit("/tasks", {"task": "1", "action": "undo"})
    assert "That task is open already." in again.text


def test_what_was_done_long_ago_stays_done(tasks: OwnerSitePages) -> None:
    text(tasks)
    tasks.browser.submit("/tasks", {"task": "1", "action": "done"})
    tasks.clock.now = MARCH + 25 * HOUR
    page = visible_text(tasks.browser.submit("/tasks", {"task": "1", "action": "undo"}).text)
    assert "1 task to do" in page
    assert "late" in page


@pytest.mark.parametrize("task", ["", "x", "-1", "1e9", "9" * 40, "١"])
def test_a_number_of_nothing_changes_nothing(tasks: OwnerSitePages, task: str) -> None:
    text(tasks)
    fields = {"task": task, "action": "done"}
    assert tasks.browser.post("/tasks", fields).status_code == 400
    assert "2 tasks to do" in text(tasks)
