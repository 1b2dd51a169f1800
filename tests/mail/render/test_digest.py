"""What stood after a greeting's comma begins a paragraph of a digest with a capital."""

from __future__ import annotations

import pytest

from mail.render.mail_facts import MailFacts
from mail.render.renderer import Renderer
from mail.render.sample_facts import sample_facts
from templates.language import ENGLISH, Language

TWO = ("sorry-from-the-owner", "points-expiring")


@pytest.mark.parametrize("formal", [False, True])
def test_a_sentence_below_a_subject_begins_with_a_capital(formal: bool) -> None:
    clara, _ = german_facts(formal=formal)
    text = digest_text(clara, clara)
    assert text.count("Clara,\n") == 1
    for beginning in ("Danke, dass", "Ein kurzer Hinweis: 5 von"):
        assert f"\n\n{beginning}" in text


def test_below_its_own_greeting_a_sentence_stays_as_it_is() -> None:
    assert "\n\nein kurzer Hinweis" in digest_text(*german_facts(formal=False))


def german_facts(*, formal: bool) -> tuple[MailFacts, MailFacts]:
    """The facts of Clara, and of a customer without a name."""
    german = Language("de", formal=formal)
    facts = list(sample_facts(available_parts=("answer", "points"), with_=(), language=german))
    return facts[0], facts[-1]


def digest_text(first: MailFacts, second: MailFacts) -> str:
    return Renderer(None, ENGLISH).render_digest(list(zip(TWO, (first, second), strict=True))).text
