"""The owner's own sentence in a correction."""

from __future__ import annotations

from dataclasses import replace

import pytest

from settings.errors import WrongUsageError
from tests.cafe import HOUR, Cafe
from tests.engine.delivery.test_sender_outcomes import with_rules
from tests.engine.owner.wrong_mail import (
    LATER,
    RecordingSender,
    approve_corrections,
    correct,
    leave_carts,
)


@pytest.fixture
def office(cafe: Cafe) -> RecordingSender:
    office = RecordingSender()
    cafe.shop = replace(cafe.shop, sender=office)
    return office


@with_rules
def test_the_owners_sentence_is_text_and_never_a_template(
    cafe: Cafe, office: RecordingSender
) -> None:
    leave_carts(cafe, "ana")
    cafe.run()
    correct(cafe, saying="{{ customer.first_name }} {% if %} <b>&amp;</b>\n\x1bsorry")
    approve_corrections(cafe)
    cafe.run(LATER + HOUR)
    [mail] = office.corrections()
    assert "{{ customer.first_name }} {% if %} <b>&amp;</b> sorry" in mail.text
    assert "<b>" not in mail.html
    assert "&lt;b&gt;&amp;amp;&lt;/b&gt;" in mail.html


@with_rules
def test_waiting_drafts_take_a_new_sentence(cafe: Cafe, office: RecordingSender) -> None:
    leave_carts(cafe, "ana")
    cafe.run()
    correct(cafe, saying="The prise was wrong.")
    assert correct(cafe, saying="The price was wrong.").reworded == 1
    assert correct(cafe).reworded == 0
    approve_corrections(cafe)
    cafe.run(LATER + HOUR)
    assert correct(cafe, LATER + HOUR, saying="Too late.").reworded == 0
    [mail] = office.corrections()
    assert "The price was wrong." in mail.text


@with_rules
def test_joined_characters_are_kept(cafe: Cafe, office: RecordingSender) -> None:
    leave_carts(cafe, "ana")
    cafe.run()
    correct(cafe, saying="می\u200cخواهم \udc80\x07 👩\u200d🍳")
    approve_corrections(cafe)
    cafe.run(LATER + HOUR)
    [mail] = office.corrections()
    assert "می\u200cخواهم 👩\u200d🍳" in mail.text


@with_rules
def test_a_long_sentence_is_refused(cafe: Cafe) -> None:
    with pytest.raises(WrongUsageError, match="--saying is 301 letters long"):
        correct(cafe, saying="a" * 301)
