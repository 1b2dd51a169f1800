"""A mail is in the language of its customer, else in that of the shop."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from engine.config.earlier_language import with_language_of_database
from shop.db.engine import write_transaction
from shop.tables import EarlierLanguage
from tests.cafe import DAY, FILE, HOUR, MARCH, Cafe
from tests.rows import identity, statement

RULES = """
rules:
  come-back: {when: no visit, for: 30 days, then: [{send: we-miss-you, with: {treat: TREAT}}]}
"""
OWN = """{% extends "layout.html" %}
{% block subject %}Lange nicht gesehen{% endblock %}
{% block content %}<p>Bis {{ with.valid_until | default("bald") }}!</p>{% endblock %}
"""


def config_text(*shop_lines: str, treat: str = "a coffee") -> str:
    lines = "".join(f"  {line}\n" for line in shop_lines)
    return FILE.replace("  language: en\n", lines) + RULES.replace("TREAT", treat)


def mails_to(cafe: Cafe, **languages: str | None) -> dict[str, EmailMessage]:
    """Runs the rule for customers who read these languages; returns their mails by name."""
    at = MARCH - 40 * DAY
    cafe.run(at)
    cafe.arrive(
        identities=[
            identity(name, email=f"{name}@example.com", language=language)
            for name, language in languages.items()
        ],
        statements=[statement(name, "yes", at) for name in languages],
    )
    for name in languages:
        cafe.visits(name, at)
    cafe.run(MARCH - 9 * DAY)
    return dict(zip(cafe.mailed_names(), cafe.mails(), strict=True))


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_each_customer_gets_the_mail_in_their_language(cafe: Cafe) -> None:
    cafe.reread(config_text("language: German", treat="{de: ein Kaffee, fr: un café}"))
    mails = mails_to(cafe, ana=None, bruno="fr-BE", clara="pl", dora="de-AT", eva="Italiano")
    assert mails["ana"]["Subject"] == "Ein Kaffee aufs Haus, Ana?"
    assert mails["bruno"]["Subject"] == "La maison vous offre un café, Bruno"
    assert mails["clara"]["Subject"] == "Ein Kaffee aufs Haus, Clara?"
    assert mails["eva"]["Subject"] == "Ein Kaffee? Offriamo noi, Eva"
    assert "am 22. Jänner 2026 dem Empfang unserer E-Mails zugestimmt" in text_of(mails["dora"])
    assert "le 22 janvier 2026, vous avez accepté de recevoir nos e-mails." in text_of(
        mails["bruno"]
    )
    assert "Se désabonner\xa0: " in text_of(mails["bruno"])
    assert 'lang="fr"' in mails["bruno"].get_body(("html",)).get_content()  # type: ignore[union-attr]  # it has one


@pytest.mark.parametrize(("form", "word"), [("formal", "Ihrem"), ("informal", "deinem")])
def test_people_are_addressed_as_the_shop_says(cafe: Cafe, form: str, word: str) -> None:
    cafe.reread(config_text("language: de", f"address people as: {form}"))
    assert f"Bei {word} nächsten Besuch" in text_of(mails_to(cafe, ana="de")["ana"])


def test_an_own_template_serves_those_who_have_none_in_their_language(cafe: Cafe) -> None:
    templates = cafe.path.parent / "templates"
    templates.mkdir()
    (templates / "we-miss-you.html").write_text(OWN)
    (templates / "we-miss-you.he.html").write_text(OWN.replace("Lange nicht gesehen", "שלום"))
    cafe.reread(config_text("language: de"))
    mails = mails_to(cafe, ana="fr", bruno="he")
    assert mails["ana"]["Subject"] == "Lange nicht gesehen"
    assert "Sie erhalten diese E-Mail" in text_of(mails["ana"])
    assert mails["bruno"]["Subject"] == "שלום"
    html = mails["bruno"].get_body(("html",)).get_content()  # type: ignore[union-attr]  # it has one
    assert 'lang="he" dir="rtl"' in html


def test_without_a_line_the_country_decides(cafe: Cafe) -> None:
    cafe.reread(config_text())
    assert mails_to(cafe, ana=None)["ana"]["Subject"] == "A coffee por nossa conta, Ana?"


def test_a_shop_from_before_stays_english_for_everybody(cafe: Cafe) -> None:
    cafe.reread(config_text())
    with write_transaction(cafe.engine) as connection:
        connection.execute(EarlierLanguage.__table__.insert(), {"code": "en"})  # type: ignore[attr-defined]  # a table
    config = cafe.shop.config.model_copy(update={"database": str(cafe.engine.url)})
    kept = with_language_of_database(config, cafe.path.parent)
    assert (kept.language.code, kept.customer_language("fr").code) == ("en", "en")
    written = config.model_copy(update={"shop": config.shop.model_copy(update={"language": "de"})})
    assert with_language_of_database(written, cafe.path.parent).language.code == "de"


def test_carts_reach_their_amounts_in_the_language(cafe: Cafe) -> None:
    rules = "rules: {carts: {when: cart abandoned, for: 3 hours, then: [{send: cart-reminder}]}}"
    cafe.reread(FILE.replace("language: en", "language: nl") + rules)
    cafe.run(MARCH - 4 * HOUR)
    cafe.leave_carts(MARCH - 3 * HOUR, "ana")
    cafe.run()
    assert "Totaal   € 18,50" in text_of(cafe.mails()[0]).replace("\xa0", " ")
