"""What is an e-mail address, and which spellings are one mailbox."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from connectors import parse_values
from pages.public.signup_form import Form, parse_form
from regulars.commands.suppress import valid_address
from settings.addresses import EmailAddress
from settings.email_address import address_key, is_address, normalized_address
from settings.errors import WrongUsageError

MUNICH = "xn--mnchen-3ya.example"


@pytest.mark.parametrize(
    ("spelling", "key"),
    [
        ("Clara@Example.com", "clara@example.com"),
        (" clara@example.com. ", "clara@example.com"),
        ("clara@münchen.example", f"clara@{MUNICH}"),
        ("Clara@MÜNCHEN.example", f"clara@{MUNICH}"),
        ("clara@mu\u0308nchen.example", f"clara@{MUNICH}"),
        ("clara@XN--MNCHEN-3YA.example", f"clara@{MUNICH}"),
        ("clara@münchen。example", f"clara@{MUNICH}"),
        ("JOSÉ@x.example", "josé@x.example"),
        ("jose\u0301@x.example", "josé@x.example"),
        ("ｃｌａｒａ@x.example", "clara@x.example"),
        ("clara@i❤.example", "clara@xn--i-7iq.example"),
        ("clara@xn--i-7iq.example", "clara@xn--i-7iq.example"),
        ("straße@x.example", "straße@x.example"),
        ("clara+tag@x.example", "clara+tag@x.example"),
        ("no address", "no address"),
        (" ", None),
    ],
)
def test_spellings_of_one_mailbox_have_one_key(spelling: str, key: str | None) -> None:
    assert address_key(spelling) == key


@given(st.text(max_size=30))
def test_the_key_of_a_key_is_the_key(text: str) -> None:
    key = address_key(text)
    assert key is None or address_key(key) == key
    assert address_key(unicodedata.normalize("NFD", text)) == address_key(
        unicodedata.normalize("NFC", text)
    )


@pytest.mark.parametrize(
    ("address", "accepted"),
    [
        ("ana@shop.test", True), ("ana@cornercafe.example", True), ("ana@example.com", True),
        ("ana@münchen.example", True), ("ana@shop.local", False), ("ana@Shop.LOCALHOST", False),
        ("ana@cafe.invalid", False), ("ana@cafe", False), ("ana(at)cafe.com", False),
        ("ana@@cafe.com", False), ("ana@cafe..com", False), ("a" * 65 + "@cafe.com", False),
    ],
)  # fmt: skip
def test_all_who_take_an_address_agree(address: str, accepted: bool) -> None:
    assert is_address(address) is accepted
    assert (parse_values.email_address(address) is not None) is accepted
    assert _accepts(lambda: valid_address(address)) is accepted
    assert _accepts(lambda: TypeAdapter(EmailAddress).validate_python(address)) is accepted
    form = Form({"address": address, "first_name": "", "day": "", "month": ""})
    assert (not parse_form(form, ()).errors) is accepted


def _accepts(validate: object) -> bool:
    try:
        validate()  # type: ignore[operator]  # a function without arguments
    except (WrongUsageError, ValidationError):
        return False
    return True


def test_an_address_keeps_the_capitals_of_its_name_and_loses_spaces() -> None:
    assert normalized_address(" Ana@Café.example ") == "Ana@café.example"
    assert normalized_address("Ana@CAFE.com") == "Ana@cafe.com"


def test_the_reason_against_an_address_is_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"close quote: 'a'\.$"):
        normalized_address('""a@cornercafe.example')
