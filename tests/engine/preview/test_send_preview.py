"""A test mail to the owner: as customers get it, to nobody else, and without a trace."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine.inbound.unsubscribe import NO_CUSTOMER, find_link_holder
from engine.owner.pause import pause_mail
from engine.preview.previewed_mail import select_mails
from engine.preview.sample_facts import facts_of_sample
from engine.preview.send_preview import SentPreview, send_preview
from settings.errors import WrongUsageError
from shop.consent.suppressions import SuppressionReason, suppress_address
from shop.db.engine import write_transaction
from shop.tables import Message
from tests.cafe import FILE, MARCH, Cafe

OWNER = "ana@cornercafe.example"
on_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


class ReachingSender:
    """The sender of a shop, as one whose mail leaves."""

    reaches_people = True

    def __init__(self, sender: Any) -> None:
        self._sender = sender

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sender, name)


def send(cafe: Cafe, address: str = OWNER, template: str = "we-miss-you") -> SentPreview:
    [mail] = select_mails(cafe.shop.config, cafe.shop.renderer, template)
    facts = facts_of_sample(cafe.shop.config, mail, now=MARCH)
    return send_preview(cafe.shop, mail, facts, address, now=MARCH)


@on_sqlite
def test_the_owner_gets_it_as_a_customer_would(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you: {when: no visit, for: 30 days, then: [{send: we-miss-you}]}
    """
    sent = send(cafe)
    [mail] = cafe.mails()
    assert mail["To"].addresses[0].addr_spec == OWNER
    assert mail["Subject"] == sent.rendered.subject
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert cafe.select_all(Message.id) == []


@on_sqlite
def test_its_link_opens_the_page_and_opts_nobody_out(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you: {when: no visit, for: 30 days, then: [{send: we-miss-you}]}
    """
    cafe.customer("ana")
    send(cafe)
    [mail] = cafe.mails()
    token = str(mail["List-Unsubscribe"]).replace(" ", "").strip("<>").rpartition("/")[2]
    holder = find_link_holder(cafe.shop, token)
    assert holder is not None
    assert holder.customer == NO_CUSTOMER


@on_sqlite
def test_a_service_mail_has_no_unsubscribe_header(cafe: Cafe) -> None:
    """
    rules:
      sorry: {when: survey answered, then: [{send: sorry-from-the-owner}]}
    """
    send(cafe, template="sorry-from-the-owner")
    [mail] = cafe.mails()
    assert mail["List-Unsubscribe"] is None


@on_sqlite
def test_nothing_goes_while_all_mail_is_held(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you: {when: no visit, for: 30 days, then: [{send: we-miss-you}]}
    """
    pause_mail(cafe.shop, None, "the wrong cake", now=MARCH)
    with pytest.raises(WrongUsageError, match="All mail is held: the wrong cake"):
        send(cafe)
    assert not cafe.outbox.exists()


@on_sqlite
def test_a_customer_gets_no_test_unless_it_is_the_owner(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you: {when: no visit, for: 30 days, then: [{send: we-miss-you}]}
    """
    cafe.customer("bruno")
    with pytest.raises(WrongUsageError, match="address of a customer"):
        send(cafe, "Bruno@Example.com")
    send(cafe, "a.friend@elsewhere.example")
    with write_transaction(cafe.engine) as connection:
        suppress_address(connection, OWNER, SuppressionReason.BY_HAND, None, now=MARCH)
    with pytest.raises(WrongUsageError, match="gets no mail"):
        send(cafe)
    assert [mail["To"].addresses[0].addr_spec for mail in cafe.mails()] == [
        "a.friend@elsewhere.example"
    ]


@on_sqlite
@pytest.mark.parametrize(
    ("address", "is_own"),
    [
        (OWNER, True),
        ("Ana@CornerCafe.example", True),
        ("friend@corner.example", True),
        ("eva@cornercafe.example", True),  # of the shop's own domain
        ("ana@cornercafe.exmaple", False),
        ("stranger@example.com", False),
    ],
)
def test_an_address_outside_of_the_shop_is_confirmed_first(
    address: str, is_own: bool, cafe: Cafe
) -> None:
    """
    rules:
      we-miss-you: {when: no visit, for: 30 days, then: [{send: we-miss-you}]}
    """
    rules = "rules:\n  we-miss-you: {when: no visit, for: 30 days, then: [{send: we-miss-you}]}\n"
    only_to = "  only to: [friend@corner.example]\n"
    cafe.reread(FILE.replace("sending:\n", f"sending:\n{only_to}") + rules)
    [mail] = select_mails(cafe.shop.config, cafe.shop.renderer, "we-miss-you")
    facts = facts_of_sample(cafe.shop.config, mail, now=MARCH)
    shop = replace(cafe.shop, sender=ReachingSender(cafe.shop.sender))
    if not is_own:
        with pytest.raises(WrongUsageError, match="is none of your shop's addresses"):
            send_preview(shop, mail, facts, address, now=MARCH)
        assert not cafe.outbox.exists()
    send_preview(shop, mail, facts, address, now=MARCH, is_confirmed=not is_own)
    [sent] = cafe.mails()
    assert sent["To"].addresses[0].addr_spec == address


@on_sqlite
def test_a_file_for_any_address_is_not_asked_about(cafe: Cafe) -> None:
    """
    rules:
      we-miss-you: {when: no visit, for: 30 days, then: [{send: we-miss-you}]}
    """
    send(cafe, "stranger@example.com")
    assert len(cafe.mails()) == 1
