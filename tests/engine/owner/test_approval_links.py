"""Links of the morning letter that approve and decline."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlmodel import col

from engine.message_states import State
from engine.owner import approval_links
from engine.owner.approval_decisions import DecidedBy, Decision
from engine.owner.approval_links import (
    VALIDITY,
    LetterLink,
    LinkState,
    OpenedLink,
    create_links,
    open_link,
    use_link,
)
from engine.owner.approvals import approve_mails, decline_mails
from engine.owner.digest import render_digest, send_digest
from mail.message.signed_links import approval_token, sign_up_token
from shop.tables import ApprovalDecision, ApprovalLink, Message
from tests.cafe import DAY, HOUR, MARCH, Cafe

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


@pytest.fixture
def waiting(cafe: Cafe) -> Cafe:
    """The mails of Ana and Bruno wait."""
    cafe.reread(RULES)
    cafe.leave_carts(MARCH - 4 * HOUR, "ana", "bruno")
    cafe.run()
    return cafe


def token_of(entry: LetterLink) -> str:
    return entry.url.rpartition("/")[2]


def opened(cafe: Cafe, token: str, minutes: int = 0) -> OpenedLink:
    link = open_link(cafe.shop, token, now=MARCH + minutes * MINUTE)
    assert link is not None
    return link


def new_link(cafe: Cafe) -> str:
    [entry] = create_links(cafe.shop, now=MARCH)
    return token_of(entry)


def states(cafe: Cafe) -> dict[str, int]:
    return dict(Counter(cafe.select_all(col(Message.state))))


def test_only_the_letter_that_is_sent_makes_links(waiting: Cafe) -> None:
    printed = render_digest(waiting.shop, now=MARCH)
    assert "They go by: regulars approve RULE" in printed.text
    assert "/approve/" not in printed.text
    assert waiting.select_all(col(ApprovalLink.id)) == []
    assert send_digest(waiting.shop, now=MARCH)
    [mail] = waiting.mails()
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # it has one
    assert "abandoned-cart: 2 mails, to Ana, Bruno" in text
    assert "https://mail.cornercafe.example/approve/1." in text
    assert "It works once, until 4 March 10:00." in text
    html = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]  # it has one
    assert ">Look at them and decide</a>" in html
    assert not any(name in text.partition("/approve/")[2].split()[0] for name in ("ana", "Ana"))


def test_without_a_public_address_the_letter_says_how_else(waiting: Cafe) -> None:
    config = waiting.shop.config
    shop = config.shop.model_copy(update={"public_address": None})
    private = replace(waiting.shop, config=config.model_copy(update={"shop": shop}))
    assert [entry.url for entry in create_links(private, now=MARCH)] == [""]


def test_a_link_approves_what_its_letter_named_and_nothing_later(waiting: Cafe) -> None:
    token = new_link(waiting)
    waiting.leave_carts(MARCH - 4 * HOUR, "clara")
    waiting.run(MARCH + MINUTE)
    link = opened(waiting, token, 2)
    assert (link.state, link.mails, link.waiting, len(link.shown)) == (LinkState.OPEN, 2, 2, 2)
    use = use_link(waiting.shop, link, Decision.APPROVED, now=MARCH + 2 * MINUTE)
    assert len(use.result.done) == 2
    assert states(waiting) == {State.QUEUED: 2, State.AWAITING_APPROVAL: 1}
    decisions = waiting.select_all(
        col(ApprovalDecision.decision), col(ApprovalDecision.decided_by),
        col(ApprovalDecision.decided_at),
    )  # fmt: skip
    assert decisions == 2 * [(Decision.APPROVED, DecidedBy.LINK, MARCH + 2 * MINUTE)]
    waiting.run(MARCH + HOUR)
    assert sorted(waiting.mailed_names()) == ["ana", "bruno"]


@pytest.mark.parametrize("second", [Decision.APPROVED, Decision.DECLINED])
def test_a_link_decides_once(waiting: Cafe, second: Decision) -> None:
    token = new_link(waiting)
    link = opened(waiting, token)
    use_link(waiting.shop, link, Decision.DECLINED, now=MARCH)
    replay = use_link(waiting.shop, link, second, now=MARCH + MINUTE)
    assert (replay.link.state, replay.link.decision) == (LinkState.USED, Decision.DECLINED)
    assert replay.link.decided_at == MARCH
    assert replay.result.done == []
    assert states(waiting) == {State.DECLINED: 2}


def test_of_two_phones_at_once_one_decides(waiting: Cafe) -> None:
    link = opened(waiting, new_link(waiting))
    barrier = Barrier(2)

    def press(decision: Decision) -> int:
        barrier.wait(10)
        return len(use_link(waiting.shop, link, decision, now=MARCH).result.done)

    with ThreadPoolExecutor(2) as phones:
        assert sorted(phones.map(press, Decision)) == [0, 2]
    assert len(states(waiting)) == 1
    assert len(waiting.select_all(col(ApprovalDecision.message_id))) == 2


def test_a_link_expires_when_the_next_letter_is_due(waiting: Cafe) -> None:
    token = new_link(waiting)
    late = MARCH + VALIDITY
    link = open_link(waiting.shop, token, now=late)
    assert link
    assert link.state is LinkState.EXPIRED
    assert use_link(waiting.shop, link, Decision.APPROVED, now=late).result.done == []
    assert states(waiting) == {State.AWAITING_APPROVAL: 2}
    create_links(waiting.shop, now=MARCH + 40 * DAY)
    assert open_link(waiting.shop, token, now=MARCH + 40 * DAY) == OpenedLink(
        link.id, LinkState.EXPIRED
    )


def test_tokens_of_others_open_nothing(waiting: Cafe) -> None:
    token = new_link(waiting)
    secret, link_id = waiting.shop.secret, opened(waiting, token).id
    strangers = [
        "", "1..", token[:-1], f"{token}=", token.swapcase(), "ä.ö.ü", f"2{token[1:]}",
        approval_token("the secret of another shop", link_id), sign_up_token(secret, link_id),
    ]  # fmt: skip
    assert [open_link(waiting.shop, other, now=MARCH) for other in strangers] == 9 * [None]
    changed = replace(waiting.shop, secret="the secret after it changed")  # of a test
    assert open_link(changed, token, now=MARCH) is None


def test_who_was_first_is_told(waiting: Cafe) -> None:
    token = new_link(waiting)
    first, second = opened(waiting, token).shown
    approve_mails(waiting.shop, [first], now=MARCH, by=DecidedBy.PAGE)
    link = opened(waiting, token, 1)
    assert (link.state, link.waiting, link.shown) == (LinkState.OPEN, 1, [second])
    assert link.earlier
    assert link.earlier.sentence_part(waiting.shop.config.shop.zone) == (
        "approved on the owner's pages, 3 March 10:00"
    )
    decline_mails(waiting.shop, [second], because="", now=MARCH)
    assert opened(waiting, token, 2).state is LinkState.NOTHING_WAITS


def test_a_mail_whose_customer_has_unsubscribed_since_is_dropped(waiting: Cafe) -> None:
    link = opened(waiting, new_link(waiting))
    waiting.record_consent("ana", "no", MARCH)
    result = use_link(waiting.shop, link, Decision.APPROVED, now=MARCH + MINUTE).result
    assert len(result.done) == 1
    assert [outlook.refusal for outlook in result.dropped.values()] == ["has unsubscribed"]
    assert states(waiting) == {State.QUEUED: 1, State.SKIPPED: 1}


def test_many_people_need_the_passcode(cafe: Cafe) -> None:
    cafe.reread(RULES)
    cafe.leave_carts(MARCH - 4 * HOUR, *(f"p{number}" for number in range(10)))
    cafe.run()
    assert not opened(cafe, new_link(cafe)).needs_passcode
    cafe.leave_carts(MARCH - 4 * HOUR, "clara")
    cafe.run(MARCH + MINUTE)
    assert opened(cafe, new_link(cafe)).needs_passcode
    assert approval_links.MAX_PEOPLE == 10


def test_what_gives_something_away_needs_the_passcode(cafe: Cafe) -> None:
    cafe.reread(RULES.replace("approve first: yes", "approve first: yes, with: {treat: a coffee}"))
    cafe.leave_carts(MARCH - 4 * HOUR, "clara")
    cafe.run()
    assert opened(cafe, new_link(cafe)).needs_passcode
