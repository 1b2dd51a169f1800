"""The cast of the tests: Ana writes to Clara and Bruno from the Corner Café."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from hypothesis import strategies as st

from mail.render.mail_facts import (
    AnswerFacts,
    BirthdayFacts,
    CartFacts,
    CartLine,
    CustomerFacts,
    MailFacts,
    MistakeFacts,
    Money,
    PointsExpiry,
    PointsFacts,
)
from mail.render.renderer import RenderedMail, Renderer
from mail.render.sample_facts import (
    ANONYMOUS,
    ANSWER,
    CAFE,
    CLARA,
    FORGOTTEN_MISTAKE,
    GRANOLA,
    LINK,
    MISTAKE,
    NO_REWARD,
    OAT_MILK,
    PICTURE,
    POINTS,
    WORDLESS_ANSWER,
)
from templates.language import ENGLISH

CARTLESS = MailFacts(
    shop=CAFE,
    customer=CLARA,
    cart=None,
    with_={},
    reason="You get this because you said yes at our till on 3 May.",
    unsubscribe_url="https://mail.cornercafe.example/u/1.abc.def",
)
CART = CartFacts((GRANOLA, OAT_MILK), Money(1350, "EUR"), LINK)
WITH_CART = replace(CARTLESS, cart=CART)
NAMELESS = replace(WITH_CART, customer=ANONYMOUS)
LONG_LINE = CartLine(
    "Organic honey-roasted granola with cranberries, almonds, 1kg", 1, Money(1250, "EUR"), PICTURE
)
FULL_CART = CartFacts(
    (GRANOLA, LONG_LINE, OAT_MILK, CartLine("Cookies", 12, Money(125_000, "EUR"), PICTURE)),
    Money(127_600, "EUR"),
    LINK,
)
LONG_NAMED = replace(
    WITH_CART,
    customer=replace(CLARA, first_name="Wolfeschlegelsteinhausenbergerdorff"),
    cart=FULL_CART,
)
TREAT = {"treat": "a free cappuccino", "valid_until": "14 June"}
# All facts known, and as few as possible.
WELL_KNOWN = replace(
    WITH_CART,
    points=POINTS,
    answer=ANSWER,
    birthday=BirthdayFacts("14 March"),
    mistake=MISTAKE,
    with_=TREAT,
)
HARDLY_KNOWN = replace(
    WELL_KNOWN,
    customer=ANONYMOUS,
    points=NO_REWARD,
    answer=WORDLESS_ANSWER,
    mistake=FORGOTTEN_MISTAKE,
    with_={"treat": "a free cappuccino"},
)

_texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Zl", "Zp"]), max_size=30)
_money = st.builds(Money, st.integers(0, 10_000_000), st.sampled_from(["EUR", "JPY", "CHF"]))
_lines = st.builds(
    CartLine, _texts, st.integers(1, 99), _money, st.none() | st.just(PICTURE + "?a=1&b='2'")
)
_carts = st.builds(
    CartFacts, st.lists(_lines, min_size=1, max_size=5).map(tuple), _money, st.just(LINK)
)
_customers = st.builds(CustomerFacts, st.none() | _texts, st.integers(0, 99), st.none() | _texts)
_optional = ("valid_until", "good_to_know", "how_often", "phone")
_with = st.fixed_dictionaries({"treat": _texts}, optional=dict.fromkeys(_optional, _texts))
_expiries = st.lists(st.builds(PointsExpiry, st.integers(1, 99), _texts), max_size=7)
_points = st.builds(
    PointsFacts,
    balance=st.integers(-9, 999),
    earned=st.integers(0, 99),
    expiring=st.integers(1, 99),
    expires_on=_texts,
    reward=st.none() | _texts,
    missing=st.none() | st.integers(0, 99),
    expiries=_expiries.map(tuple),
)
_number = st.none() | st.integers(0, 10)
_answers = st.builds(AnswerFacts, st.none() | _texts, _number, _number, _texts)
ANY_FACTS = st.builds(
    MailFacts,
    st.just(CAFE),
    _customers,
    _carts,
    # The treat may be empty, which templates treat like a missing one.
    _with,
    _texts,
    st.just(CARTLESS.unsubscribe_url),
    _points,
    _answers,
    st.none() | st.builds(BirthdayFacts, _texts),
    st.builds(MistakeFacts, _texts, _texts, st.none() | _texts, st.none() | _texts),
)


def own_renderer(folder: Path, **files: str) -> Renderer:
    """A renderer for a shop whose own folder holds these files."""
    for name, source in files.items():
        (folder / f"{name.replace('_', '-')}.html").write_text(source, encoding="utf-8")
    return Renderer(folder, ENGLISH)


def note(content: str, subject: str = "A note") -> str:
    """The source of a mail with this `content`."""
    return (
        '{% extends "layout.html" %}'
        f"{{% block subject %}}{subject}{{% endblock %}}"
        f"{{% block content %}}{content}{{% endblock %}}"
    )


def render_note(
    folder: Path, content: str, facts: MailFacts = WITH_CART, **more: str
) -> RenderedMail:
    """Renders such a mail for one recipient."""
    return own_renderer(folder, note=note(content, **more)).render("note", facts)


def mistakes_in(
    folder: Path,
    source: str,
    *,
    available_parts: Collection[str] = ("cart",),
    with_: tuple[str, ...] = (),
) -> list[str]:
    """Line and message of each mistake in a mail with this `source`."""
    mistakes = own_renderer(folder, note=source).find_mistakes(
        "note", available_parts=available_parts, with_=with_
    )
    return [f"{mistake.line}: {mistake.message}" for mistake in mistakes]


def only_mistake_in(
    folder: Path, content: str, *, available_parts: Collection[str] = ("cart",)
) -> str:
    [sentence] = mistakes_in(folder, note(content), available_parts=available_parts)
    return sentence.partition(": ")[2]
