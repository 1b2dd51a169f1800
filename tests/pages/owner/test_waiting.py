"""The page Waiting."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from sqlmodel import col

from engine.message_states import State
from engine.owner.approval_decisions import DecidedBy
from engine.owner.approvals import approve_mails, pending_mails
from regulars import cli
from shop.db.engine import read_transaction, write_transaction
from shop.tables import ApprovalDecision, Customer, Message
from tests.cafe import DAY, HOUR, MARCH, Cafe
from tests.pages.owner.browsers import OwnerSitePages
from tests.pages.visitors import visible_text

RULES = """
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{send: cart-reminder, approve first: yes}]
    at most late: 5 days
    include backlog: yes
"""


@pytest.fixture
def waiting(owner_site: OwnerSitePages) -> OwnerSitePages:
    """The mails of Ana, Bruno and Clara wait."""
    fill(owner_site.cafe, "ana", "bruno", "clara")
    owner_site.rebuild()
    owner_site.browser = owner_site.stranger()
    owner_site.browser.sign_in()
    return owner_site


def fill(cafe: Cafe, *names: str) -> None:
    cafe.reread(RULES)
    cafe.leave_carts(MARCH - 4 * HOUR, *names)
    cafe.run()


def ids(cafe: Cafe) -> list[str]:
    with read_transaction(cafe.engine) as connection:
        return [mail.id for mail in pending_mails(connection)]


def states(site: OwnerSitePages) -> list[str]:
    return sorted(site.cafe.select_all(col(Message.state)))


def open_list(site: OwnerSitePages) -> str:
    return site.browser.open("/waiting").text


def seen(page: str) -> dict[str, str]:
    match = re.search(r'name="seen" value="([^"]+)"', page)
    assert match
    return {"rule": "abandoned-cart", "seen": match[1]}


def test_mails_are_listed_by_rule_with_consent_and_what_becomes_of_them(
    waiting: OwnerSitePages,
) -> None:
    text = visible_text(open_list(waiting))
    assert "3 mails wait for your word, as of 10:00." in text
    assert "abandoned-cart · 3 mails" in text
    assert "because the rule says approve first" in text
    assert "Consent: yes" in text
    assert "approved now, it is rehearsed with the next run" in text


def test_ticked_mails_are_approved_and_a_second_tab_is_told(waiting: OwnerSitePages) -> None:
    first, second, _ = ids(waiting.cafe)
    open_list(waiting)
    page = waiting.browser.submit("/waiting/decide", {"mail": [first, second], "action": "approve"})
    assert "2 mails approved. They go with the next run" in visible_text(page.text)
    assert states(waiting) == [State.AWAITING_APPROVAL, State.QUEUED, State.QUEUED]
    by = waiting.cafe.select_all(col(ApprovalDecision.decided_by))
    assert by == 2 * [DecidedBy.PAGE]
    late = waiting.browser.submit("/waiting/decide", {"mail": [first], "action": "decline"})
    told = "1 mail decided before: approved on the owner's pages, 3 March 10:00."
    assert told in visible_text(late.text).replace("&#39;", "'")
    assert State.DECLINED not in states(waiting)


def test_all_of_a_rule_are_those_that_the_page_has_counted(waiting: OwnerSitePages) -> None:
    fields = seen(open_list(waiting))
    waiting.cafe.leave_carts(MARCH - 4 * HOUR, "dora")
    waiting.cafe.run(MARCH + HOUR)
    page = waiting.browser.submit("/waiting/decide", {"action": "decline all", **fields})
    assert "Nothing was decided: other mails of abandoned-cart wait" in visible_text(page.text)
    assert states(waiting) == 4 * [State.AWAITING_APPROVAL]
    fields = seen(page.text)
    page = waiting.browser.submit(
        "/waiting/decide", {"action": "decline all", "because": "she told me", **fields}
    )
    assert "4 mails declined." in visible_text(page.text)
    assert states(waiting) == 4 * [State.DECLINED]
    assert set(waiting.cafe.select_all(col(Message.reason))) == {"declined: she told me"}


def test_who_unsubscribed_or_came_back_since_cannot_be_approved(waiting: OwnerSitePages) -> None:
    cafe = waiting.cafe
    first, second, _ = ids(cafe)
    cafe.record_consent("ana", "no", MARCH)
    cafe.visits("bruno", MARCH + HOUR)
    waiting.clock.now = MARCH + 2 * HOUR
    text = visible_text(open_list(waiting))
    assert "has unsubscribed" in text
    page = waiting.browser.submit("/waiting/decide", {"mail": [first, second], "action": "approve"})
    assert "no longer: " in visible_text(page.text)
    assert State.SKIPPED in states(waiting)


def test_a_mail_is_shown_as_it_would_be_written_in_a_frame_that_does_nothing(
    waiting: OwnerSitePages,
) -> None:
    first = ids(waiting.cafe)[0]
    page = waiting.browser.open(f"/waiting/{first}")
    assert f'<iframe sandbox loading="lazy" title="The mail on a phone" src="/waiting/{first}/' in (
        page.text
    )
    assert "Granola" in page.text
    mail = waiting.browser.get(f"/waiting/{first}/content")
    policy = mail.headers["content-security-policy"]
    assert {"sandbox", "default-src 'none'", "form-action 'none'"} <= set(policy.split("; "))
    assert "script-src" not in policy
    assert '<base target="_blank">' in mail.text


@pytest.mark.parametrize("path", ["0000", "../etc", "' OR 1=1", "x" * 500])
def test_ids_of_nothing_lead_back_to_the_list(waiting: OwnerSitePages, path: str) -> None:
    assert waiting.browser.get(f"/waiting/{path}/content").status_code in {303, 404}
    assert waiting.browser.get(f"/waiting/{path}").status_code in {303, 404}


@pytest.mark.parametrize(
    "fields",
    [{}, {"action": "approve"}, {"action": "drop all"}, {"action": "approve", "mail": "nobody"},
     {"action": "approve all", "rule": "x", "seen": "0"}],
)  # fmt: skip
def test_a_form_without_a_choice_decides_nothing(
    waiting: OwnerSitePages, fields: dict[str, str]
) -> None:
    open_list(waiting)
    assert waiting.browser.post("/waiting/decide", fields).status_code in {303, 400}
    assert states(waiting) == 3 * [State.AWAITING_APPROVAL]


def test_a_form_from_elsewhere_decides_nothing(waiting: OwnerSitePages) -> None:
    fields = {"mail": ids(waiting.cafe), "action": "approve"}
    assert waiting.browser.send(fields, "/waiting/decide").status_code == 403
    assert waiting.stranger().send(fields, "/waiting/decide").status_code == 303
    assert states(waiting) == 3 * [State.AWAITING_APPROVAL]


def test_a_hostile_name_is_text(waiting: OwnerSitePages) -> None:
    with write_transaction(waiting.cafe.engine) as connection:
        connection.execute(update(Customer).values(first_name="<script>alert(1)</script>"))
    page = open_list(waiting)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_five_hundred_mails_are_a_bounded_list(owner_site: OwnerSitePages) -> None:
    fill(owner_site.cafe, *(f"p{number}" for number in range(250)))
    owner_site.rebuild()
    owner_site.browser = owner_site.stranger()
    owner_site.browser.sign_in()
    page = open_list(owner_site)
    assert "250 mails wait" in visible_text(page)
    assert page.count('type="checkbox"') == 20
    more = owner_site.browser.open("/waiting?rule=abandoned-cart").text
    assert more.count('type="checkbox"') == 200
    assert len(page) < 40_000


def test_a_mail_that_is_too_late_is_marked(waiting: OwnerSitePages) -> None:
    waiting.clock.now = MARCH + 6 * DAY
    assert "too late" in visible_text(open_list(waiting))


def test_its_numbers_are_those_of_the_command(
    sqlite: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    site = OwnerSitePages(Cafe(sqlite, tmp_path, RULES))
    fill(site.cafe, "ana", "bruno")
    approve_mails(site.cafe.shop, ids(site.cafe)[:1], now=MARCH)
    capsys.readouterr()
    cli.app(["waiting", "--json", "--at", MARCH.isoformat()], standalone_mode=False)
    document = json.loads(capsys.readouterr().out)
    [mail] = document["waiting"]
    page = open_list(site)
    assert f"{len(document['waiting'])} mail waits for your word" in visible_text(page)
    assert mail["id"] in page
    assert f"approved now, it {mail['goes']}" in visible_text(page)
    assert (mail["basis"], mail["no_longer"]) == ("yes", None)


def test_a_mail_in_doubt_is_settled_once(waiting: OwnerSitePages) -> None:
    first = ids(waiting.cafe)[0]
    columns = {"state": State.IN_DOUBT.value, "settled_at": MARCH, "through": "smtp"}
    with write_transaction(waiting.cafe.engine) as connection:
        connection.execute(update(Message).where(col(Message.id) == first).values(**columns))
    assert "1 mail in doubt" in visible_text(open_list(waiting))
    for outcome in ("again", "", "<b>"):
        fields = {"mail": first, "outcome": outcome}
        assert waiting.browser.post("/waiting/doubt", fields).status_code == 400
    went = {"mail": first, "outcome": "went"}
    assert "The mail counts as sent." in waiting.browser.submit("/waiting/doubt", went).text
    assert State.SENT in states(waiting)
    assert "It is not in doubt any more." in waiting.browser.submit("/waiting/doubt", went).text


def test_a_complaint_that_does_not_wait_changes_nothing(waiting: OwnerSitePages) -> None:
    open_list(waiting)
    real = {"address": "ana@example.com", "kind": "real"}
    page = waiting.browser.submit("/waiting/complaint", real).text
    assert "it was decided before" in page
    forged = {"address": "ana@example.com", "kind": "forged"}
    page = waiting.browser.submit("/waiting/complaint", forged).text
    assert "Write how you know that it is forged." in page
    assert waiting.browser.post("/waiting/complaint", {"kind": "real"}).status_code == 400
