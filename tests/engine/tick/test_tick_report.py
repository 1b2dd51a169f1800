"""The counts of what was ever written: mails, customers, templates."""

from __future__ import annotations

import pytest
from sqlalchemy import update
from sqlmodel import col

from engine.message_states import State
from engine.tick.tick_report import WrittenMails, count_written_mails
from shop.db.engine import read_transaction, write_transaction
from shop.tables import Message
from tests.cafe import DAY, HOUR, MARCH, Cafe


@pytest.fixture
def cafe_after_two_mails(cafe: Cafe) -> Cafe:
    """Ana gets two mails, Bruno one."""
    cafe.reread("""
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{send: cart-reminder}, {wait: 1 day}, {send: we-miss-you}]
    include backlog: yes
""")
    cafe.leave_carts(MARCH - 3 * HOUR, "ana")
    cafe.run(MARCH)
    cafe.leave_carts(MARCH + DAY - 3 * HOUR, "bruno")
    cafe.run(MARCH + DAY)
    return cafe


def written_mails(cafe: Cafe) -> WrittenMails:
    with read_transaction(cafe.engine) as connection:
        return count_written_mails(connection)


def set_state(cafe: Cafe, template: str, state: State) -> None:
    with write_transaction(cafe.engine) as connection:
        of_template = col(Message.template) == template
        connection.execute(update(Message).where(of_template).values(state=state.value))


def test_a_customer_with_two_mails_counts_once(cafe_after_two_mails: Cafe) -> None:
    by_template = {"cart-reminder": 2, "we-miss-you": 1}
    assert written_mails(cafe_after_two_mails) == WrittenMails(3, 2, by_template)


@pytest.mark.parametrize("state", [State.IN_DOUBT, State.FAILED, State.SKIPPED, State.QUEUED])
def test_only_sent_and_rehearsed_mails_count(cafe_after_two_mails: Cafe, state: State) -> None:
    set_state(cafe_after_two_mails, "we-miss-you", State.SENT)
    set_state(cafe_after_two_mails, "cart-reminder", state)
    assert written_mails(cafe_after_two_mails) == WrittenMails(1, 1, {"we-miss-you": 1})
