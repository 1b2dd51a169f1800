"""Addresses that are typed to fill a field."""

from __future__ import annotations

import pytest

from shop.identity.placeholder_addresses import is_placeholder


@pytest.mark.parametrize(
    "address",
    [
        "noemail@noemail.com", "test@test.com", "none@none.com", "no@no.no", "a@a.a", "xx@xx.xx",
        "NoEmail@gmail.com", "no-email@cornercafe.example", "no_email@no-email.com", "1@1.com",
        "noreply@square.example", "walk-in@till.example", "anything@noemail.com", "no@none.com",
        "sem.email@loja.example", "keine-email@test.de", "asdf@asdf.com", "customer@test.com",
        "null@null.com", "email@email.com", "123@123.com", "test@test.test",
    ],
)  # fmt: skip
def test_a_filler_is_no_address(address: str) -> None:
    assert is_placeholder(address)


@pytest.mark.parametrize(
    "address",
    [
        "ana@ana.example", "clara@example.com", "test@example.com", "noemi@mail.example",
        "nona@gmail.com", "info@test.de", "ab@ab.example", "user@mail.com", "nora@no.example",
        "store@cornercafe.example", "abc@gmail.com", "jo@jo.example", "none", "", "@",
    ],
)  # fmt: skip
def test_a_person_may_have_an_unusual_address(address: str) -> None:
    assert not is_placeholder(address)
