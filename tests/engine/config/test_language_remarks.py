"""`check` names languages that customers read and the shop does not write."""

from __future__ import annotations

from engine.config.language_remarks import count_readers, language_remarks
from engine.config.owner_config import renderer_beside
from shop.db.engine import read_transaction
from tests.cafe import FILE, Cafe
from tests.rows import identity

RULES = """
rules:
  come-back:
    when: no visit
    for: 30 days
    then: [{send: we-miss-you, with: {treat: ein Kaffee, valid for: 3 days}}]
  birthday: {when: birthday, in: 3 days, then: [{send: birthday}]}
"""
OWN = """{% extends "layout.html" %}
{% block subject %}Wo bist du?{% endblock %}{% block content %}<p>Komm vorbei.</p>{% endblock %}
"""


def remarks(cafe: Cafe) -> list[str]:
    with read_transaction(cafe.engine) as connection:
        readers = count_readers(connection)
    config = cafe.shop.config
    return list(language_remarks(config, renderer_beside(cafe.path, config.language), readers))


def german_cafe(cafe: Cafe, **languages: str | None) -> Cafe:
    cafe.reread(FILE.replace("language: en", "language: de") + RULES)
    cafe.arrive(
        identities=[
            identity(name, email=f"{name}@example.com", language=language)
            for name, language in languages.items()
        ]
    )
    return cafe


def test_a_template_that_some_customers_get_in_another_language(cafe: Cafe) -> None:
    (cafe.path.parent / "templates").mkdir()
    (cafe.path.parent / "templates" / "we-miss-you.html").write_text(OWN)
    german_cafe(cafe, ana="fr", bruno="fr-BE", clara="de", dora=None, eva="pl")
    assert remarks(cafe) == [
        "2 customers read French; we-miss-you has no French: they get the German one."
    ]


def test_words_of_the_owner_in_one_language(cafe: Cafe) -> None:
    german_cafe(cafe, ana="French")
    [remark] = remarks(cafe)
    assert remark == (
        "1 customer reads French; under with, treat is in one language. "
        "Write {de: …, fr: …} where it has words."
    )


def test_a_shop_from_before_is_told_of_its_countrys_language(cafe: Cafe) -> None:
    german_cafe(cafe, ana="fr")
    config = cafe.shop.config
    shop = config.shop.model_copy(update={"language": None})
    english = config.model_copy(update={"shop": shop}).keep_english()
    renderer = renderer_beside(cafe.path, english.language)
    [remark] = language_remarks(english, renderer, {"fr": 1})
    assert remark == (
        "Your mail stays in English, as it was. "
        "To have it in Portuguese, write language: Portuguese under shop:."
    )
