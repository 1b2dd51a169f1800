"""Unsubscribe links never expire, belong to one customer, and cannot be forged."""

from __future__ import annotations

import base64
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.message.signed_links import (
    Unsubscribe,
    _signature,
    read_token,
    unsubscribe_token,
    unsubscribe_url,
)

SECRET = "ana-keeps-this"
CLARA = Unsubscribe(7, "m-42")
TOKEN = unsubscribe_token(SECRET, 7, "m-42")


def test_a_token_names_its_customer_and_mail() -> None:
    assert read_token(SECRET, TOKEN) == CLARA


@given(st.integers(), st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_every_customer_and_mail_come_back_whole(customer_id: int, message_id: str) -> None:
    token = unsubscribe_token(SECRET, customer_id, message_id)
    assert read_token(SECRET, token) == Unsubscribe(customer_id, message_id)


@given(st.integers(min_value=0), st.text(string.printable, max_size=30))
def test_a_token_needs_no_quoting_in_an_address(customer_id: int, message_id: str) -> None:
    token = unsubscribe_token(SECRET, customer_id, message_id)
    assert set(token) <= set(string.ascii_letters + string.digits + "-_.")


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from(string.ascii_letters + "-_.=%é\0"))
def test_one_changed_character_invalidates_a_token(place: int, letter: str) -> None:
    changed = TOKEN[:place] + letter + TOKEN[place + 1 :]
    assert changed == TOKEN or read_token(SECRET, changed) is None


@pytest.mark.parametrize("length", range(len(TOKEN)))
def test_a_shortened_token_is_worthless(length: int) -> None:
    assert read_token(SECRET, TOKEN[:length]) is None


def test_another_shops_secret_does_not_open_it() -> None:
    assert read_token("brunos-secret", TOKEN) is None


@given(st.text())
def test_garbage_is_refused_without_a_crash(garbage: str) -> None:
    assert read_token(SECRET, garbage) is None


@pytest.mark.parametrize("body", ["7", "seven:m-42", "", ":m", "7:\udcff"])
def test_a_signed_body_that_says_nothing_is_refused(body: str) -> None:
    spelled = base64.urlsafe_b64encode(body.encode(errors="surrogateescape")).rstrip(b"=").decode()
    signed = f"1.{spelled}.{_signature(SECRET, 'unsubscribe', spelled)}"
    assert read_token(SECRET, signed) is None


def test_a_token_for_another_purpose_does_not_unsubscribe() -> None:
    body = TOKEN.split(".")[1]
    survey = f"1.{body}.{_signature(SECRET, 'survey', body)}"
    assert read_token(SECRET, survey) is None


def test_a_token_of_another_version_is_refused() -> None:
    assert read_token(SECRET, "2" + TOKEN[1:]) is None


def test_padding_does_not_make_a_second_token() -> None:
    assert read_token(SECRET, TOKEN + "=") is None


def test_an_endless_token_is_not_even_decoded() -> None:
    assert read_token(SECRET, "1." + "A" * 10_000_000 + ".x") is None


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="empty secret"):
        unsubscribe_token("", 7, "m-42")


def test_the_address_is_the_shops_own() -> None:
    url = unsubscribe_url("https://mail.cornercafe.example/", TOKEN)
    assert url == f"https://mail.cornercafe.example/u/{TOKEN}"
