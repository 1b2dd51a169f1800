"""Rules for every shipped mail: length, one button, no pressure, complete footer."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from mail.render.mail_facts import PARTS, AnswerFacts, CartFacts, MailFacts
from mail.render.renderer import RenderedMail, Renderer
from mail.render.sample_facts import ANONYMOUS, CLARA, ENOUGH_POINTS, GRANOLA
from templates.language import ENGLISH
from tests.mail.people import (
    CART,
    CARTLESS,
    FULL_CART,
    HARDLY_KNOWN,
    WELL_KNOWN,
    WITH_CART,
)

RENDERER = Renderer(None, ENGLISH)
TREATLESS = replace(WELL_KNOWN, with_={})
PEOPLE = {
    "Clara with all known": WELL_KNOWN,
    "Clara without a treat": TREATLESS,
    "Clara with one product": replace(
        TREATLESS, cart=CartFacts((GRANOLA,), GRANOLA.total, CART.url)
    ),
    "Clara with four products": replace(TREATLESS, cart=FULL_CART),
    "Clara with enough points": replace(WELL_KNOWN, points=ENOUGH_POINTS),
    "somebody": replace(TREATLESS, customer=ANONYMOUS),
    "somebody with a treat": replace(WELL_KNOWN, customer=ANONYMOUS),
    "somebody hardly known": HARDLY_KNOWN,
    "a Bruno without a usual": replace(
        TREATLESS, customer=replace(CLARA, first_name="Bruno", favourite=None)
    ),
}
# What a mail requires: the part its event is about, or a value under `with`.
HAS = {
    "birthday": "birthday",
    "cart-reminder": "cart",
    "correction": "mistake",
    "points-earned": "points",
    "points-expiring": "points",
    "sorry-from-the-owner": "answer",
}
REQUIRED_WITH = {"first-visit-treat": "treat"}
MAILS = {
    f"{name} to {person}": (name, facts)
    for name in RENDERER.template_names()
    for person, facts in PEOPLE.items()
    if name not in REQUIRED_WITH or REQUIRED_WITH[name] in facts.with_
}
PRESSURE = re.compile(
    r"hurry|last chance|only \d+ (?:left|hours|days)|expir|act now|don.t miss|limited|now or never"
    r"|countdown|while (?:stocks?|supplies)|urgent|running out|!!|hours? left|days? left|guilt",
    re.IGNORECASE,
)
OFFER = re.compile(r"%|discount|coupon|\bcode|voucher|\bdeal|\boffer|\bsale", re.IGNORECASE)
SURVEY = re.compile(r"survey|questionnaire|rate us|stars|scale|score", re.IGNORECASE)
AGE = re.compile(r"\bage\b|\byears?\b|\bold\b|\byoung|\bborn\b|\bturn", re.IGNORECASE)
DISCOUNT = re.compile(r"%|discount|\boff\b|coupon|code|voucher|free|save|deal|offer", re.IGNORECASE)
EXACT_ABSENCE = re.compile(r"\d+ (?:days|weeks|months)", re.IGNORECASE)
WORDLESS_GREETING = re.compile(r"\b(?:Hi|Hello|Dear) ,|\bNone\b|  ,|, ,| ,")

each_mail = pytest.mark.parametrize("name", RENDERER.template_names())
each_person = pytest.mark.parametrize("facts", PEOPLE.values(), ids=PEOPLE.keys())
each_letter = pytest.mark.parametrize(("name", "facts"), MAILS.values(), ids=MAILS.keys())


class Page(HTMLParser):
    """Links, buttons and loaded resources of a mail's HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.buttons: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.language = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = attributes.get("lang", "")
        if tag == "a":
            self.links.append(attributes["href"])
            if attributes.get("class") == "button":
                self.buttons.append(attributes["href"])
        self.sources += [
            attributes[name] for name in ("src", "background", "srcset") if name in attributes
        ]
        if tag in ("link", "script", "iframe", "object", "video", "form"):
            self.sources.append(tag)


def letter_content(mail: RenderedMail, facts: MailFacts) -> str:
    """The text without signature and footer."""
    return mail.text.partition(f"\n{facts.shop.sender_name}\n{facts.shop.name}\n")[0]


def full_text(mail: RenderedMail) -> str:
    return f"{mail.subject}\n{mail.text}\n{mail.html.partition('<body')[2]}"


@each_mail
def test_check_finds_nothing_to_mend(name: str) -> None:
    has = {HAS[name]} if name in HAS else set()
    needed = {REQUIRED_WITH[name]} if name in REQUIRED_WITH else set()
    assert RENDERER.find_mistakes(name, available_parts=has, with_=needed) == []
    assert (
        RENDERER.find_mistakes(name, available_parts=has, with_={"treat", "valid_until", *needed})
        == []
    )


@pytest.mark.parametrize("name", sorted(HAS.keys() - {"birthday"}))
def test_a_mail_about_something_needs_a_rule_about_it(name: str) -> None:
    mistakes = RENDERER.find_mistakes(name, available_parts=set(PARTS) - {HAS[name]}, with_=())
    assert {mistake.message for mistake in mistakes} == {
        f"The rule that sends this has no {HAS[name]}: its `when` is about none."
    }


def test_a_treat_after_the_first_visit_must_be_given() -> None:
    mistakes = RENDERER.find_mistakes(
        "first-visit-treat", available_parts=(), with_=("valid_until",)
    )
    assert {mistake.message.partition(":")[0] for mistake in mistakes} == {
        "The rule that sends this gives no treat"
    }


@each_letter
def test_a_mail_has_at_most_ninety_words(name: str, facts: MailFacts) -> None:
    words = re.findall(r"\w[\w'’.,€-]*", letter_content(RENDERER.render(name, facts), facts))
    assert len(words) <= 90


@each_letter
def test_a_mail_has_exactly_one_button(name: str, facts: MailFacts) -> None:
    assert len(Page(RENDERER.render(name, facts).html).buttons) == 1


@each_letter
def test_a_mail_says_why_it_came_from_where_and_how_to_end_it(name: str, facts: MailFacts) -> None:
    mail = RENDERER.render(name, facts)
    for sentence in (facts.reason, facts.shop.postal_address):
        assert sentence in mail.html
        assert sentence in mail.text
    assert facts.unsubscribe_url in Page(mail.html).links
    assert f"Unsubscribe: {facts.unsubscribe_url}\n" in mail.text


@each_letter
def test_a_mail_is_signed_by_a_person(name: str, facts: MailFacts) -> None:
    assert "\n\nAna\nCorner Café\n\n" in RENDERER.render(name, facts).text


@each_letter
def test_a_mail_exerts_no_pressure(name: str, facts: MailFacts) -> None:
    mail = RENDERER.render(name, facts)
    assert not PRESSURE.search(f"{mail.subject} {mail.text}")
    assert not EXACT_ABSENCE.search(f"{mail.subject} {letter_content(mail, facts)}")


@each_person
def test_a_first_cart_reminder_offers_no_discount(facts: MailFacts) -> None:
    mail = RENDERER.render("cart-reminder", facts)
    assert not DISCOUNT.search(f"{mail.subject} {letter_content(mail, facts)}")


@each_person
def test_an_apology_asks_for_a_reply_and_gives_no_coupon(facts: MailFacts) -> None:
    mail = RENDERER.render("sorry-from-the-owner", facts)
    assert not DISCOUNT.search(f"{mail.subject} {letter_content(mail, facts)}")
    assert not SURVEY.search(f"{mail.subject} {letter_content(mail, facts)}")
    reply, unsubscribe = Page(mail.html).links
    assert reply == "mailto:ana@cornercafe.example"
    assert unsubscribe == facts.unsubscribe_url


def test_an_apology_quotes_their_own_words() -> None:
    mail = RENDERER.render("sorry-from-the-owner", WELL_KNOWN)
    assert "\n\n“The coffee was cold and nobody said hello.”\n\n" in mail.text


def test_an_apology_keeps_a_long_answer_short() -> None:
    answer = AnswerFacts("The coffee was cold. " * 50, 1, None, "Tuesday")
    mail = RENDERER.render("sorry-from-the-owner", replace(WELL_KNOWN, answer=answer))
    assert "cold. The…”\n" in mail.text
    assert len(re.findall(r"\w+", letter_content(mail, WELL_KNOWN))) <= 90


def test_an_apology_looks_like_a_letter_typed_by_hand() -> None:
    html = RENDERER.render("sorry-from-the-owner", WELL_KNOWN).html
    assert 'class="shop"' not in html
    assert "border-radius" not in html


@each_person
def test_a_birthday_mail_tells_no_age_and_wants_nothing_bought(facts: MailFacts) -> None:
    text = letter_content(RENDERER.render("birthday", facts), facts)
    assert not AGE.search(text)
    assert not OFFER.search(text)
    assert ("There is nothing to buy, and nothing to prove." in text) == ("treat" in facts.with_)


def test_a_birthday_mail_needs_no_birthday() -> None:
    text = RENDERER.render("birthday", replace(CARTLESS, customer=ANONYMOUS)).text
    assert "wish you a lovely day." in text
    assert RENDERER.find_mistakes("birthday", available_parts=(), with_=()) == []


@each_person
@pytest.mark.parametrize("name", ["points-earned", "points-expiring"])
def test_a_mail_about_points_offers_nothing_else(name: str, facts: MailFacts) -> None:
    mail = RENDERER.render(name, facts)
    assert not OFFER.search(f"{mail.subject} {letter_content(mail, facts)}")
    assert "lose" not in letter_content(mail, facts)


def test_a_welcome_says_what_the_rule_gives_it() -> None:
    with_ = {"how_often": "twice a month at most", "good_to_know": "the window seats are quiet."}
    text = RENDERER.render("welcome", replace(CARTLESS, with_=with_)).text
    assert "and come twice a month at most: what is new" in text
    assert "Good to know: the window seats are quiet.\n" in text


def test_the_cart_reminder_leads_back_to_the_cart() -> None:
    assert Page(RENDERER.render("cart-reminder", WITH_CART).html).buttons == [CART.url]


@each_letter
def test_a_mail_reads_well_with_any_facts(name: str, facts: MailFacts) -> None:
    mail = RENDERER.render(name, facts)
    assert not WORDLESS_GREETING.search(f"{mail.subject}\n{letter_content(mail, facts)}")
    assert not re.search(r"[ ,]$", mail.subject)


@each_letter
def test_a_subject_fits_an_inbox(name: str, facts: MailFacts) -> None:
    assert len(RENDERER.render(name, facts).subject) <= 60


@pytest.mark.parametrize(
    ("name", "facts", "subject"),
    [
        ("cart-reminder", PEOPLE["Clara with one product"], "We kept your Granola for you"),
        ("cart-reminder", WITH_CART, "Your basket is still here"),
        ("we-miss-you", replace(CARTLESS, with_={"treat": "a coffee"}), "A coffee on us, Clara?"),
        ("we-miss-you", PEOPLE["somebody with a treat"], "A free cappuccino on us?"),
        ("we-miss-you", CARTLESS, "We would love to see you, Clara"),
        ("we-miss-you", PEOPLE["somebody"], "We would love to see you again"),
        ("birthday", CARTLESS, "Happy birthday, Clara"),
        ("birthday", PEOPLE["somebody"], "Happy birthday"),
        ("welcome", CARTLESS, "Thank you for saying yes, Clara"),
        ("welcome", PEOPLE["somebody"], "Thank you for saying yes"),
        ("first-visit-treat", WELL_KNOWN, "A free cappuccino for your next visit, Clara"),
        ("first-visit-treat", HARDLY_KNOWN, "A free cappuccino for your next visit"),
        ("points-earned", WELL_KNOWN, "You have 8 points, 2 to go for a free coffee"),
        (
            "points-earned",
            PEOPLE["Clara with enough points"],
            "You have 12 points, enough for a free coffee",
        ),
        ("points-earned", HARDLY_KNOWN, "You have 1 point"),
        ("points-expiring", WELL_KNOWN, "5 points end on 30 June"),
        ("points-expiring", HARDLY_KNOWN, "1 point ends on 30 June"),
        ("sorry-from-the-owner", WELL_KNOWN, "I'm sorry about Tuesday"),
    ],
)
def test_subjects(name: str, facts: MailFacts, subject: str) -> None:
    assert RENDERER.render(name, facts).subject == subject


@each_letter
def test_the_preview_line_goes_on_from_the_subject(name: str, facts: MailFacts) -> None:
    html = RENDERER.render(name, facts).html
    preheader = re.search(r'class="preheader" style="display: none;[^>]*>([^<͏]+)', html)
    assert preheader
    assert 20 <= len(preheader[1].strip()) <= 90


@each_letter
def test_a_mail_loads_nothing_but_the_given_pictures(name: str, facts: MailFacts) -> None:
    html = RENDERER.render(name, facts).html
    assert facts.cart
    assert set(Page(html).sources) <= {line.picture for line in facts.cart.lines}
    assert "url(" not in html
    assert "@import" not in html


@each_letter
def test_a_mail_is_far_from_being_clipped(name: str, facts: MailFacts) -> None:
    assert len(RENDERER.render(name, facts).html.encode()) < 20_000


@each_mail
def test_a_mail_names_its_language(name: str) -> None:
    assert Page(RENDERER.render(name, WELL_KNOWN).html).language == "en"


def test_no_letter_mentions_a_price_it_was_not_given() -> None:
    mail = RENDERER.render("cart-reminder", WITH_CART)
    assert set(re.findall(r"€[\d.,]+\d", full_text(mail))) == {"€11.00", "€2.50", "€13.50"}
