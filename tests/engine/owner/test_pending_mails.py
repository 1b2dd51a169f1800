"""The mails that wait for the owner's word."""

from __future__ import annotations

from engine.owner.approvals import pending_mails
from shop.consent.suppressions import SuppressionReason, suppress_address
from shop.db.engine import read_transaction, write_transaction
from tests.cafe import HOUR, MARCH, Cafe


def test_mails_to_customers_who_get_nothing_are_left_out(cafe: Cafe) -> None:
    """
    rules:
      abandoned-cart:
        when: cart abandoned
        for: 3 hours
        then: [{send: cart-reminder, approve first: yes}]
        include backlog: yes
    """
    cafe.leave_carts(MARCH - 4 * HOUR, "ana", "bruno", "clara")
    cafe.run()
    with write_transaction(cafe.engine) as connection:
        by_hand = SuppressionReason.BY_HAND
        suppress_address(connection, "Ana@Example.com", by_hand, None, now=MARCH)
    cafe.record_consent("bruno", "no", MARCH)
    with read_transaction(cafe.engine) as connection:
        assert [mail.customer for mail in pending_mails(connection)] == ["Clara"]
