"""The words of an opt-out are those of mails and of the cells of exports alike."""

from __future__ import annotations

import pytest

from connectors.consent_headings import read_consent
from connectors.consent_words import fold_words
from mail.mailbox.opt_out_wish import OptOutWish, find_wish, fold
from shop.consent.basis import ConsentValue
from shop.consent.opt_out_words import ALL_OPT_OUT_WORDS, OPT_OUT_WORDS

TEXTS = [word.replace("*", "").replace("_", " ") for word in ALL_OPT_OUT_WORDS]


@pytest.mark.parametrize("text", TEXTS)
def test_a_word_is_an_opt_out_in_a_mail_and_in_a_cell(text: str) -> None:
    assert find_wish(text) is OptOutWish.CERTAIN
    assert read_consent(text, "Newsletter") is ConsentValue.NO
    assert read_consent(text.upper(), "Extra 7") is ConsentValue.NO


def test_the_words_are_folded_and_each_stands_once() -> None:
    words = [word for language in OPT_OUT_WORDS.values() for word in language]
    assert len(words) == len(ALL_OPT_OUT_WORDS)
    assert TEXTS == [fold(text) for text in TEXTS] == [fold_words(text) for text in TEXTS]
