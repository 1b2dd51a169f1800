"""Sample variables for each page, as its handler gives them: every page is drawn once at start."""

from __future__ import annotations

from typing import Any

from pages.public.signup_form import ERROR_FIELDS, FIELDS
from pages.render import Samples
from templates.language import Language

WITHOUT_VARIABLES = (
    "unsubscribe", "unsubscribed", "not-here", "try-again", "join-look", "join-over", "join-done"
)  # fmt: skip


def sample_variables(language: Language) -> Samples:
    """Returns the variables with which each page is drawn, for each of its forms."""
    nonce: dict[str, Any] = {"nonce": "sample"}
    forms = [nonce | form for form in _forms(language)]
    pending = nonce | {"says": "Yes.", "address": "clara@example.com"}
    confirmations = [
        pending | {"first_name": "Clara", "birthday": "21 September"},
        pending | {"first_name": None, "birthday": None},
    ]
    plain = {name: [nonce] for name in WITHOUT_VARIABLES}
    return {**plain, "join": forms, "join-confirm": confirmations}


def _forms(language: Language) -> list[dict[str, Any]]:
    """Empty, with mistakes, and without further questions."""
    empty = {
        "says": "Yes.",
        "ask_for": ["first name", "birthday"],
        "typed": dict.fromkeys(FIELDS, ""),
        "wrong": dict.fromkeys(ERROR_FIELDS),
        "again": False,
        "months": language.months(),
    }
    mistaken = {
        "typed": dict.fromkeys(FIELDS, "Clara"),
        "wrong": dict.fromkeys(ERROR_FIELDS, "Look again."),
        "again": True,
    }
    return [empty, empty | mistaken, empty | {"ask_for": []}]
