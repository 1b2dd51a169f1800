"""Which names a mail may greet by, and how names are shown to the owner."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.types.person_name import full_name, greeting_name, is_shaped_like_a_name

NAMES = """
    Ana, ANA, ana, Bruno, Clara, Maria do Carmo, MARIA DO CARMO, Maria da Conceição Silva Santos,
    João Pedro, Jean-Luc, Marie-Thérèse, O'Neil, D’Arcy, Mary Ann, Øyvind, Łukasz, Nuño, Zoë, Xuân,
    İlker, Işıl, J.R., J. R., Dr. Ana, Frau Weber, Mr Smith, Ludwig van, Abdul al Rahman, Ana L,
    李, 王伟, さくら, प्रिया, Мария, Ελένη, محمد, שרה, Nan, Na, Nil, Jo, Al, Grace, Hope, Will, Mark,
    Till, Don, Dom, Mag, Dot, Bar, Si, May, April, Sunday Oliseh, Kim Loan, Ana Won, Noa, Sina, Ma
"""
NO_NAMES = """
    null, NULL, None, undefined, NaN, nan, NA, N.A., n/a, #N/A, -, --, ., ?, 0, 12345, true,
    Guest, guest, Guest Checkout, guest1, Walk-in, Walk in, walk-in customer, Walk-in 12, Test,
    TEST, Test Test, Test Customer, Unknown, Unknown Customer, Anonymous, Customer, Valued Customer,
    Dear Customer, Client comptoir, No Name, no name given, Not Provided, First Name, Last,
    Deleted User, John Doe, asdf, xxx, XXX, x, X, A., Cash, POS Customer, Shop, noreply,
    convidado, Convidada, Consumidor Final, CONSUMIDOR FINAL, Sem Nome, Cliente Balcão, sin nombre,
    Público en general, Gast, Laufkunde, Kein Name, Unbekannt, Invité, sans nom, Ospite, klant,
    Гость, ゲスト, 客户, ضيف,
    Mr, Mrs., Dr., Prof. Dr., Herr, Frau, Sr., Mme, Mr & Mrs Silva,
    Ana (pays late), ANA DO NOT CALL, Ana do not call, Ana pays late, ana pays late, VIP Ana,
    Ana - VIP, Ana comes in daily, Maria NÃO LIGAR, Anna nicht anrufen, Ana's husband, Ana/Bruno,
    Ana Maria from the bakery next door, ana@example.com, +351 912 000 001, https://evil.example,
    http, www, WWW evil com, Go evil.com, Go evil .com, evil。com, ｅｖｉｌ．ｃｏｍ, Click here,
    <b>Ann</b>, {{ shop.name }}, [object Object], 🌸, Ana 🌸, free bitcoin
"""


def listed(names: str) -> list[str]:
    return [name.strip() for name in names.split(",")]


@pytest.mark.parametrize("name", listed(NAMES))
def test_a_name_is_greeted_by_as_it_is_written(name: str) -> None:
    assert greeting_name(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize("text", listed(NO_NAMES))
def test_what_is_no_name_is_not_greeted_by(text: str) -> None:
    assert greeting_name(text) is None


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        ("  Ana   Sofia ", "Ana Sofia"),
        ("Ana\u00a0Sofia", "Ana Sofia"),
        ("\ufeffAna\u200b", "Ana"),  # left behind by copying
        ("evil\u200b.com", None),
        ("Ann\u202egro", None),  # turns round what follows
        ("\u2067Ana", None),
        ("Silva, Ana", None),  # which one is the first name is not known
        ("Ana\r\nBcc: everyone@example.com", None),
        ("Ana\nSilva", None),
        ("Joa\u0303o", "João"),
        ("A" + "\u0301" * 6 + "na", None),
        ("A" * 40, None),
        ("Ab" * 20, "Ab" * 20),
        ("Ab" * 20 + "c", None),
    ],
)
def test_spaces_and_characters_that_nobody_sees(raw: str | None, name: str | None) -> None:
    assert greeting_name(raw) == name


@given(st.text(max_size=60))
def test_what_is_greeted_by_is_one_line_of_letters(raw: str) -> None:
    name = greeting_name(raw)
    if name is not None:
        assert is_shaped_like_a_name(name)
        assert greeting_name(name) == name
        assert not {unicodedata.category(character)[0] for character in name} & {"N", "S"}
        assert not set(name) & set('\r\n\t@:/<>{}()[]"\\,;\u202e\u200b')


@given(st.text(alphabet="Ann\u202e\u2066\u200f\u200b\u00ad\ufeff\r\n\u2028\t ", max_size=20))
def test_the_owner_sees_names_without_invisible_characters(raw: str) -> None:
    shown = full_name(raw, "Silva (pays late)")
    assert shown.endswith("Silva (pays late)")
    assert set(shown) <= set("An Silva(pyste)")


def test_the_owner_sees_what_is_known_of_a_name() -> None:
    assert full_name("Walk-in", None) == "Walk-in"
    assert full_name(None, "Gomes") == "Gomes"
    assert full_name(None, None) == ""
