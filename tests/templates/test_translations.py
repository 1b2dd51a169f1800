"""E-mails and pages in every language and both forms of address: complete, and in that language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from mail.render.confirmation_mail import ConfirmationFacts, render_confirmation
from mail.render.plain_text import html_to_text, tidy_text
from mail.render.renderer import RenderedMail, Renderer
from mail.render.sample_facts import sample_facts
from pages.public.sample_variables import sample_variables
from pages.render import PageRenderer
from settings.limits import EmailLimit
from settings.shop import Shop
from shop.consent.signup_config import SignUpPage, consent_wording
from templates.language import ENGLISH, Language, shipped_languages
from triggers.registry import events

OTHERS = [code for code in shipped_languages() if code != "en"]


def id_of(language: Language) -> str:
    return f"{language.code}-{'formal' if language.is_formal else 'informal'}"


FORMS = [Language(code, formal=formal) for code, formal in product(OTHERS, (False, True))]
PARTS_OF = {
    "birthday": "birthday",
    "cart-reminder": "cart",
    "correction": "mistake",
    "points-earned": "points",
    "points-expiring": "points",
    "sorry-from-the-owner": "answer",
}
"""The facts that a mail needs of its event."""
NEEDED_WITH = {"first-visit-treat": ("treat",)}
ENGLISH_WORDS = frozenset(
    """the and you your with for this that from have has are was were will would not but if it is we
    us our they them when what which who how all any more please thank thanks here there once just
    been get gets can could should do does did of""".split()  # noqa: SIM905 - a list of words
)
"""Words that hold English sentences together."""
INFORMAL = {
    "de": r"\b(du|dich|dir|dein|deine[mnrs]?|deiner|hast|magst|möchtest)\b",
    "fr": r"\b(tu|toi|te|ton|ta|tes)\b|\bt’",
    "es": r"\b(tú|ti|te|tu|tus|contigo)\b",
    "pt": r"\b(tu|ti|te|teu|teus|tua|tuas|contigo)\b",
    "it": r"\b(tu|ti|te|tuo|tuoi|tua|tue)\b",
    "nl": r"\b(je|jij|jou|jouw)\b",
}
FORMAL = {
    "de": r"\b(Ihnen|Ihre[mnrs]?|Ihr)\b|(?<=[a-zäöüß,] )Sie\b",
    "fr": r"(?<!rendez-)\b(vous|votre|vos)\b",
    "es": r"\b(usted|su|sus|le)\b",
    "pt": r"\b(lhe|consigo)\b|\bpara si\b|\b(o seu|a sua|os seus|dos seus|na sua)\b",
    "it": r"\b(Lei|Suo|Sua|Suoi|Sue|Le)\b(?! (notizie|novità))",
    "nl": r"\b(u|uw)\b",
}
# Verbs in seven languages that break beside "two croissants".
ONE_THING = "is|waits|ist|geht|wartet|staat|staat er|est|attend|es|está|espera|é|è|aspetta"
ADDRESS = re.compile(r"https?://\S+|\S+@\S+")
SHOP = Shop.model_validate(
    {
        "name": "Corner Café",
        "country": "PT",
        "currency": "EUR",
        "timezone": "Europe/Lisbon",
        "reply to": "ana@cornercafe.example",
        "postal address": "Rua das Flores 12, 1200-192 Lisboa",
    }
)


@pytest.mark.parametrize("language", FORMS, ids=id_of)
def test_an_email_has_no_english_and_one_form_of_address(language: Language) -> None:
    for name in RENDERER.template_names():
        for mail in mails_in(language, name):
            text = f"{mail.subject}.\n{mail.text}"
            assert not english_in(text), name
            assert not other_form_in(text, language), name
            assert "{" not in text, name
            assert not re.search(r" [.,]|\(\)|  ", mail.subject), (name, mail.subject)


@pytest.mark.parametrize("language", [*FORMS, ENGLISH], ids=id_of)
def test_an_email_is_short(language: Language) -> None:
    for name in RENDERER.template_names():
        for mail in mails_in(language, name):
            letter = mail.text.partition("\nAna\n")[0]
            assert len(re.findall(r"[^\W\d_]+", ADDRESS.sub("", letter))) <= 90, (name, letter)


@pytest.mark.parametrize("language", FORMS, ids=id_of)
def test_a_page_has_no_english_and_one_form_of_address(language: Language, tmp_path: Path) -> None:
    for name, text in pages_in(language, tmp_path):
        assert not english_in(text), name
        assert not other_form_in(text, language), name
        assert "{" not in text, name


@pytest.mark.parametrize("code", OTHERS)
def test_the_two_forms_of_address_differ(code: str) -> None:
    informal, formal = (
        [mail.text for name in PARTS_OF for mail in mails_in(Language(code, formal=form), name)]
        for form in (False, True)
    )
    pairs = list(zip(informal, formal, strict=True))
    assert sum(text != formal_text for text, formal_text in pairs) > len(pairs) / 2


@pytest.mark.parametrize("code", OTHERS)
def test_sentences_have_the_placeholders_of_the_english_ones(code: str) -> None:
    for module in ("mails", "reasons", "sign_up", "public_pages", "samples"):
        english, names = ENGLISH.sentences(module), names_of(ENGLISH, module)
        for formal in (False, True):
            sentences = Language(code, formal=formal).sentences(module)
            assert {name: placeholders(getattr(sentences, name)) for name in names} == {
                name: placeholders(getattr(english, name)) for name in names
            }


def test_french_signs_have_their_space() -> None:
    for name in RENDERER.template_names():
        for mail in mails_in(FRENCH, name):
            for text in (mail.subject, ADDRESS.sub("", mail.text)):
                assert not re.search(r"[ \w][!?;]|[ \w]:(?!/)|« | »", text), text
    sources = (path.read_text(encoding="utf-8") for path in FRENCH.folder.rglob("*.html"))
    for source in sources:
        text = re.sub(r"{%.*?%}|{{.*?}}|<[^>]*>", "x", source, flags=re.S)
        assert not re.findall(r"[ \w][!?;]|[ \w]:(?!/)|«[^\xa0]|[^\xa0]»", text)


@pytest.mark.parametrize("language", [*FORMS, ENGLISH], ids=id_of)
def test_a_treat_or_reward_may_be_several_things(language: Language) -> None:
    treat = language.sentences("samples").TREAT
    singular = rf"{treat} ({ONE_THING})\b|\b({ONE_THING}) {treat}"
    for name in RENDERER.template_names():
        for mail in mails_in(language, name):
            assert not re.search(singular, f"{mail.subject}\n{mail.html}", re.IGNORECASE), name


def test_days_and_amounts_follow_the_language() -> None:
    birthday = {code: mails_in(Language(code), "birthday")[0].text for code in OTHERS}
    assert "14. März" in birthday["de"]
    assert "14 mars" in birthday["fr"]
    assert "14 de marzo" in birthday["es"]
    assert "14 de março" in birthday["pt"]
    assert "14 marzo" in birthday["it"]
    assert "14 maart" in birthday["nl"]
    carts = {code: mails_in(Language(code), "cart-reminder")[0].html for code in OTHERS}
    assert "11,00\xa0€" in carts["de"]
    assert "€\xa011,00" in carts["nl"]


def test_every_event_says_why_its_mail_comes_in_every_language() -> None:
    for code in ("en", *OTHERS):
        reasons = Language(code).sentences("reasons")
        assert [name for name in events() if not hasattr(reasons, attribute(name))] == []


def test_english_is_found() -> None:
    assert english_in("Ein Satz. Is there anything you would like to ask first? Noch einer.")
    assert not english_in("Der Newsletter kommt per E-Mail, Clara.")


def test_a_mixed_form_of_address_is_found() -> None:
    assert other_form_in("Schön, dass Sie da waren. Bis bald, wir freuen uns auf dich.", GERMAN)
    assert not other_form_in("Schön, dass Sie da waren.", GERMAN)


GERMAN, FRENCH = Language("de", formal=True), Language("fr", formal=True)
RENDERER = Renderer(None, ENGLISH)


@cache
def mails_in(language: Language, name: str) -> list[RenderedMail]:
    """The mail `name` with and without what may be unknown."""
    with_values = values_in(language)
    needed = {key: with_values[key] for key in NEEDED_WITH.get(name, ())}
    facts = [
        replace(each, with_=given, reason=reason)
        for each in sample_facts(
            available_parts=[PARTS_OF[name]] if name in PARTS_OF else (),
            with_=(),
            language=language,
        )
        for given in (needed, with_values)
        for reason in reasons_in(language)[:1]
    ]
    last = replace(facts[0], reason=" ".join(reasons_in(language)))
    return [RENDERER.render(name, each) for each in (*facts, last)]


def values_in(language: Language) -> dict[str, str]:
    return {
        "treat": language.sentences("samples").TREAT,
        "valid_until": "14. 6.",
        "phone": "21 000 000",
    }


def reasons_in(language: Language) -> list[str]:
    """Every line that says why a mail comes."""
    sentences, reasons = language.sentences("mails"), language.sentences("reasons")
    causes = [getattr(reasons, name) for name in names_of(ENGLISH, "reasons")]
    lines = (sentences.REASON, sentences.REASON_OPTED_IN, sentences.REASON_OPTED_IN_ON)
    return [line.format(cause=cause, date="3. 5.") for line in lines for cause in causes]


def pages_in(language: Language, folder: Path) -> Iterator[tuple[str, str]]:
    """The text of every page in each of its states, of the mail that confirms a sign-up, and of
    every sentence beside them.
    """
    renderer = PageRenderer(folder, SHOP, language, {})
    limit = EmailLimit.parse("2 emails per 7 days")
    says = consent_wording(SignUpPage(), "Corner Café", limit, language, "en")
    for name, states in sample_variables(language).items():
        for variables in states:
            in_language = without_samples(variables, says)
            yield name, text_of(renderer.render(name, language, **in_language))
    facts = ConfirmationFacts(
        "Corner Café", "Lisboa", "3. 5.", says, "https://x.example/1", "10. 5."
    )
    yield "confirm", render_confirmation(facts, folder, language).text
    for module in ("public_pages", "sign_up", "mails", "samples"):
        sentences = language.sentences(module)
        for name in names_of(ENGLISH, module):
            yield name, re.sub(r"\{\w+\}", "", "; ".join(texts_of(getattr(sentences, name))))


def without_samples(variables: Mapping[str, Any], says: str) -> dict[str, Any]:
    """English words of the examples, replaced."""
    replaced = {"says": says, "wrong": {}, "birthday": "3. 5."}
    return {**variables, **{name: replaced[name] for name in replaced if name in variables}}


def text_of(html: str) -> str:
    return tidy_text(html_to_text(html.partition("<body")[2].partition(">")[2]))


def names_of(language: Language, module: str) -> list[str]:
    return [name for name in dir(language.sentences(module)._module) if name.isupper()]


def attribute(event: str) -> str:
    return event.replace(" ", "_").upper()


def texts_of(sentence: Any) -> list[str]:
    return list(sentence.values()) if isinstance(sentence, dict) else [sentence]


def placeholders(sentence: Any) -> set[str]:
    """The names in braces of a sentence, or of all sentences of a mapping."""
    fields = (part[1] for text in texts_of(sentence) for part in Formatter().parse(text))
    return {field for field in fields if field}


def english_in(text: str) -> list[str]:
    """Three words in a row of which two are English."""
    words = re.findall(r"[^\W\d_]+(?:[’'][^\W\d_]+)?", ADDRESS.sub(" . ", text.casefold()))
    triples = zip(words, words[1:], words[2:], strict=False)
    return [" ".join(triple) for triple in triples if len(ENGLISH_WORDS & {*triple}) > 1]


def other_form_in(text: str, language: Language) -> list[str]:
    """Words of the form of address that `language` is not in."""
    text = ADDRESS.sub("", text)
    if language.is_formal:
        return [match[0] for match in re.finditer(INFORMAL[language.code], text, re.IGNORECASE)]
    return [match[0] for match in re.finditer(FORMAL[language.code], text)]
