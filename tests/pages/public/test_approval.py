"""The page behind a link of the morning letter."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import select
from sqlmodel import col

from engine.message_states import State
from engine.owner.approval_links import VALIDITY, create_links
from engine.owner.approvals import approve_mails, pending_mails
from shop.db.engine import read_transaction
from shop.tables import ApprovalDecision, ApprovalLink, Message
from tests.cafe import HOUR, MARCH, Cafe
from tests.pages.owner.browsers import PASSCODE, with_passcode
from tests.pages.visitors import OpenPages, access_lines, visible_text

MINUTE = timedelta(minutes=1)
RULES = """
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{send: cart-reminder, approve first: yes}]
    at most late: 5 days
    include backlog: yes
"""


class Letter:
    """The pages of the café, whose mails to `names` wait, and the path of a link to them."""

    def __init__(self, cafe: Cafe, *names: str, rules: str = RULES) -> None:
        cafe.reread(rules)
        cafe.leave_carts(MARCH - 4 * HOUR, *names)
        cafe.run()
        self.cafe = cafe
        self.build()
        [entry] = create_links(cafe.shop, now=MARCH)
        self.path = entry.url.removeprefix("https://mail.cornercafe.example")

    def build(self) -> None:
        self.pages = OpenPages(self.cafe)

    def get(self, path: str = "", method: str = "GET") -> httpx.Response:
        return self.pages.visit(method, path or self.path)

    def press(self, decision: str = "approved", **fields: str) -> httpx.Response:
        body = urlencode({"decision": decision, **fields}).encode()
        form = {"content-type": "application/x-www-form-urlencoded"}
        return self.pages.visit("POST", self.path, body=body, headers=form)

    def states(self) -> set[str]:
        return set(self.cafe.select_all(col(Message.state)))


@pytest.fixture
def letter(cafe: Cafe) -> Letter:
    return Letter(cafe, "ana", "bruno")


def test_opening_the_link_shows_the_mails_and_changes_nothing(letter: Letter) -> None:
    for method in ("GET", "HEAD", "GET", "OPTIONS", "PUT"):
        letter.get(method=method)
    page = letter.get()
    text = visible_text(page.text)
    assert "2 mails of abandoned-cart" in text
    assert "To Ana:" in text
    assert "Approved now, it is rehearsed with the next run." in text
    assert "Approve 2 mails" in text
    assert "until 4 March 10:00" in text
    assert "@example.com" not in page.text
    assert letter.states() == {State.AWAITING_APPROVAL}
    assert letter.cafe.select_all(col(ApprovalLink.decision)) == [None]
    headers = page.headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]


def test_the_mails_are_rendered_in_frames_that_do_nothing(letter: Letter) -> None:
    mail = letter.get(f"{letter.path}/mail/1")
    assert "Granola" in mail.text
    assert "Hello Ana" in mail.text or "Ana" in mail.text
    policy = mail.headers["content-security-policy"]
    assert {"sandbox", "default-src 'none'", "form-action 'none'"} <= set(policy.split("; "))
    assert 'sandbox loading="lazy"' in letter.get().text
    assert letter.get(f"{letter.path}/mail/3").status_code == 404
    assert letter.get(f"{letter.path}/mail/0").status_code == 404


def test_its_unsubscribe_link_opts_nobody_out(letter: Letter) -> None:
    mail = letter.get(f"{letter.path}/mail/1").text
    path = "/u/" + mail.partition("https://mail.cornercafe.example/u/")[2].partition('"')[0]
    assert letter.pages.visit("POST", path).status_code == 200
    assert letter.pages.opt_outs() == []


@pytest.mark.parametrize(
    ("decision", "sentence", "state"),
    [
        ("approved", "2 mails go with the next run", State.QUEUED),
        ("declined", "2 mails never go", State.DECLINED),
    ],
)
def test_a_press_decides_and_a_second_one_is_told(
    letter: Letter, decision: str, sentence: str, state: State
) -> None:
    first = letter.press(decision)
    assert first.status_code == 200
    assert sentence in visible_text(first.text)
    assert letter.states() == {state}
    for replay in (letter.press("approved"), letter.press("declined"), letter.get()):
        assert replay.status_code == 410
        assert f"{decision.capitalize()} with this link on 3 March 10:00." in replay.text
    assert letter.states() == {state}


def test_two_phones_at_once_decide_once(letter: Letter) -> None:
    with ThreadPoolExecutor(2) as phones:
        answers = list(phones.map(letter.press, ["approved", "declined"]))
    assert sorted(answer.status_code == 200 for answer in answers) == [False, True]
    assert len(letter.states()) == 1
    assert len(set(letter.cafe.select_all(col(ApprovalDecision.decision)))) == 1


def test_an_expired_link_says_until_when_it_worked(letter: Letter) -> None:
    letter.pages.clock.now = MARCH + VALIDITY
    for answer in (letter.get(), letter.press()):
        assert answer.status_code == 410
        assert "It worked until 4 March 10:00." in visible_text(answer.text)
    assert letter.states() == {State.AWAITING_APPROVAL}


def test_forged_links_and_those_of_another_shop_open_nothing(letter: Letter) -> None:
    path = letter.path
    letter.cafe.shop = replace(letter.cafe.shop, secret="another secret")
    for forged in (
        f"{path[:-1]}x",
        f"{path}=",
        "/approve/1.a.b",
        "/approve/..%2f",
        path.swapcase(),
    ):
        letter.build()
        letter.path = forged
        for answer in (letter.get(), letter.press()):
            assert answer.status_code in {404, 410}
            assert "abandoned-cart" not in answer.text
    letter.path = path
    assert "the shop's key has changed" in letter.get().text.replace("&#39;", "'")
    assert letter.press().status_code == 404
    assert letter.states() == {State.AWAITING_APPROVAL}


def test_who_tries_many_links_is_slowed_down(letter: Letter) -> None:
    statuses = [letter.get("/approve/1.a.b").status_code for _ in range(25)]
    assert statuses[:20] == 20 * [404]
    assert statuses[-1] == 429
    assert letter.get().status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"decision=maybe", b"decision=approved&x=" + 3000 * b"x", b"\xff", b"a&" * 99]
)
def test_a_broken_form_decides_nothing(letter: Letter, body: bytes) -> None:
    answer = letter.pages.visit("POST", letter.path, body=body)
    assert answer.status_code == 400
    assert "Nothing was decided" in answer.text
    assert letter.states() == {State.AWAITING_APPROVAL}


def many(cafe: Cafe) -> Letter:
    return Letter(cafe, *(f"p{number}" for number in range(11)))


def test_many_people_need_the_passcode_of_the_owners_pages(cafe: Cafe) -> None:
    letter = many(cafe)
    letter.cafe.shop = with_passcode(cafe.shop)
    letter.build()
    assert 'name="passcode"' in letter.get().text
    wrong = [letter.press(passcode="three red apples") for _ in range(6)]
    assert [answer.status_code for answer in wrong] == 5 * [403] + [429]
    assert "That is not the passcode" in wrong[0].text
    assert letter.press(passcode=PASSCODE).status_code == 429
    letter.pages.visit.address = "198.51.100.9"
    assert letter.press().status_code == 403
    assert letter.states() == {State.AWAITING_APPROVAL}
    assert letter.press(passcode=PASSCODE).status_code == 200
    assert letter.states() == {State.QUEUED}


def test_many_people_without_a_passcode_are_decided_about_elsewhere(cafe: Cafe) -> None:
    letter = many(cafe)
    page = letter.get().text
    assert "regulars approve abandoned-cart" in page
    assert "<button" not in page
    assert letter.press().status_code == 403
    assert letter.press(passcode="").status_code == 403
    assert letter.states() == {State.AWAITING_APPROVAL}


def test_what_was_decided_elsewhere_is_told(letter: Letter) -> None:
    with read_transaction(letter.cafe.engine) as connection:
        first, second = [mail.id for mail in pending_mails(connection)]
    approve_mails(letter.cafe.shop, [first], now=MARCH)
    text = visible_text(letter.get().text)
    assert "1 of the 2 in the letter no longer wait, the last approved by a command" in text
    approve_mails(letter.cafe.shop, [second], now=MARCH)
    gone = letter.press()
    assert gone.status_code == 410
    assert "The last was approved by a command, 3 March 10:00." in visible_text(gone.text)


def test_a_customer_who_unsubscribed_since_is_named_as_dropped(letter: Letter) -> None:
    letter.cafe.record_consent("ana", "no", MARCH)
    assert "It no longer goes: has unsubscribed." in visible_text(letter.get().text)
    text = visible_text(letter.press().text)
    assert "1 mail goes with the next run" in text
    assert "1 mail goes no longer: has unsubscribed." in text


def test_the_log_names_nobody(letter: Letter) -> None:
    with access_lines() as lines:
        letter.press()
    with read_transaction(letter.cafe.engine) as connection:
        ids = connection.scalars(select(col(Message.id))).all()
    [line] = [line for line in lines if "by a link" in line]
    assert line.startswith("approved by a link: 2 of abandoned-cart: ")
    assert sorted(line.rpartition(": ")[2].split()) == sorted(id_[:8] for id_ in ids)
