"""Every mail that comes with Regulars keeps to what makes mail worth receiving."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from mail.facts import CartFacts, Facts
from mail.letters import Letter, Letters
from mail.samples import CLARA, GRANOLA, SOMEBODY
from tests.mail.people import CART, CARTLESS, FULL_CART, WITH_CART

LETTERS = Letters(None)
TREAT = {"treat": "a free cappuccino", "valid_until": "14 June"}
PEOPLE = {
    "Clara with all known": replace(WITH_CART, with_=TREAT),
    "Clara without a treat": WITH_CART,
    "Clara with one product": replace(
        WITH_CART, cart=CartFacts((GRANOLA,), GRANOLA.total, CART.url)
    ),
    "Clara with four products": replace(WITH_CART, cart=FULL_CART),
    "somebody": replace(WITH_CART, customer=SOMEBODY),
    "somebody with a treat": replace(WITH_CART, customer=SOMEBODY, with_=TREAT),
    "a Bruno without a usual": replace(
        WITH_CART, customer=replace(CLARA, first_name="Bruno", favourite=None)
    ),
}
PRESSURE = re.compile(
    r"hurry|last chance|only \d+ (?:left|hours|days)|expir|act now|don.t miss|limited|now or never"
    r"|countdown|while (?:stocks?|supplies)|urgent|running out|!!|hours? left|days? left|guilt",
    re.IGNORECASE,
)
DISCOUNT = re.compile(r"%|discount|\boff\b|coupon|code|voucher|free|save|deal|offer", re.IGNORECASE)
EXACT_ABSENCE = re.compile(r"\d+ (?:days|weeks|months)", re.IGNORECASE)
WORDLESS_GREETING = re.compile(r"\b(?:Hi|Hello|Dear) ,|\bNone\b|  ,|, ,| ,")

each_mail = pytest.mark.parametrize("name", LETTERS.names())
each_person = pytest.mark.parametrize("facts", PEOPLE.values(), ids=PEOPLE.keys())


class Page(HTMLParser):
    """What a test asks of a letter's HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.buttons: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.language = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = given.get("lang", "")
        if tag == "a":
            self.links.append(given["href"])
            if given.get("class") == "button":
                self.buttons.append(given["href"])
        self.sources += [given[name] for name in ("src", "background", "srcset") if name in given]
        if tag in ("link", "script", "iframe", "object", "video", "form"):
            self.sources.append(tag)


def content(letter: Letter, facts: Facts) -> str:
    """What Ana says, without the signature and the small print."""
    return letter.text.partition(f"\n{facts.shop.sender_name}\n{facts.shop.name}\n")[0]


def everything(letter: Letter) -> str:
    return f"{letter.subject}\n{letter.text}\n{letter.html.partition('<body')[2]}"


@each_mail
def test_check_finds_nothing_to_mend(name: str) -> None:
    has = ("cart",) if name.startswith("cart") else ()
    assert LETTERS.mistakes(name, has=has, with_=()) == []
    assert LETTERS.mistakes(name, has=has, with_=("treat", "valid_until")) == []


@each_mail
@each_person
def test_a_mail_has_at_most_ninety_words(name: str, facts: Facts) -> None:
    words = re.findall(r"\w[\w'’.,€-]*", content(LETTERS.write(name, facts), facts))
    assert len(words) <= 90


@each_mail
@each_person
def test_a_mail_has_exactly_one_button(name: str, facts: Facts) -> None:
    assert len(Page(LETTERS.write(name, facts).html).buttons) == 1


@each_mail
@each_person
def test_a_mail_says_why_it_came_from_where_and_how_to_end_it(name: str, facts: Facts) -> None:
    letter = LETTERS.write(name, facts)
    for said in (facts.reason, facts.shop.postal_address):
        assert said in letter.html
        assert said in letter.text
    assert facts.unsubscribe_url in Page(letter.html).links
    assert f"Unsubscribe: {facts.unsubscribe_url}\n" in letter.text


@each_mail
@each_person
def test_a_mail_is_signed_by_a_person(name: str, facts: Facts) -> None:
    assert "\n\nAna\nCorner Café\n\n" in LETTERS.write(name, facts).text


@each_mail
@each_person
def test_a_mail_puts_nobody_under_pressure(name: str, facts: Facts) -> None:
    letter = LETTERS.write(name, facts)
    assert not PRESSURE.search(f"{letter.subject} {letter.text}")
    assert not EXACT_ABSENCE.search(f"{letter.subject} {content(letter, facts)}")


@each_person
def test_a_first_cart_reminder_offers_no_discount(facts: Facts) -> None:
    letter = LETTERS.write("cart-reminder", facts)
    assert not DISCOUNT.search(f"{letter.subject} {content(letter, facts)}")


def test_the_cart_reminder_leads_back_to_the_cart() -> None:
    assert Page(LETTERS.write("cart-reminder", WITH_CART).html).buttons == [CART.url]


@each_mail
@each_person
def test_a_mail_reads_well_whoever_gets_it(name: str, facts: Facts) -> None:
    letter = LETTERS.write(name, facts)
    assert not WORDLESS_GREETING.search(f"{letter.subject}\n{content(letter, facts)}")
    assert not re.search(r"[ ,]$", letter.subject)


@each_mail
@each_person
def test_a_subject_fits_an_inbox(name: str, facts: Facts) -> None:
    assert len(LETTERS.write(name, facts).subject) <= 60


@pytest.mark.parametrize(
    ("name", "facts", "subject"),
    [
        ("cart-reminder", PEOPLE["Clara with one product"], "We kept your Granola for you"),
        ("cart-reminder", WITH_CART, "Your basket is still here"),
        ("we-miss-you", replace(CARTLESS, with_={"treat": "a coffee"}), "A coffee on us, Clara?"),
        ("we-miss-you", PEOPLE["somebody with a treat"], "A free cappuccino on us?"),
        ("we-miss-you", CARTLESS, "We would love to see you, Clara"),
        ("we-miss-you", PEOPLE["somebody"], "We would love to see you again"),
    ],
)
def test_subjects(name: str, facts: Facts, subject: str) -> None:
    assert LETTERS.write(name, facts).subject == subject


@each_mail
@each_person
def test_the_preview_line_goes_on_from_the_subject(name: str, facts: Facts) -> None:
    html = LETTERS.write(name, facts).html
    preheader = re.search(r'class="preheader" style="display: none;[^>]*>([^<͏]+)', html)
    assert preheader
    assert 20 <= len(preheader[1].strip()) <= 90


@each_mail
@each_person
def test_a_mail_loads_nothing_but_the_given_pictures(name: str, facts: Facts) -> None:
    html = LETTERS.write(name, facts).html
    assert facts.cart
    assert set(Page(html).sources) <= {line.picture for line in facts.cart.lines}
    assert "url(" not in html
    assert "@import" not in html


@each_mail
@each_person
def test_a_mail_is_far_from_being_clipped(name: str, facts: Facts) -> None:
    assert len(LETTERS.write(name, facts).html.encode()) < 20_000


@each_mail
def test_a_mail_names_its_language(name: str) -> None:
    assert Page(LETTERS.write(name, WITH_CART).html).language == "en"


def test_no_letter_mentions_a_price_it_was_not_given() -> None:
    letter = LETTERS.write("cart-reminder", WITH_CART)
    assert set(re.findall(r"€[\d.,]+\d", everything(letter))) == {"€11.00", "€2.50", "€13.50"}
