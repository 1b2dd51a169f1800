"""Sentences of the public pages that their templates do not hold."""

from __future__ import annotations

from templates.forms import Forms

# Errors of the sign-up form, each shown at its field.
ADDRESS_MISSING = Forms(
    "Bitte gib deine E-Mail-Adresse ein, zum Beispiel clara@example.com.",
    "Bitte geben Sie Ihre E-Mail-Adresse ein, zum Beispiel clara@example.com.",
)
ADDRESS_INVALID = "Das ist keine E-Mail-Adresse. Richtig wäre zum Beispiel clara@example.com."
NAME_INVALID = "Ein Name hat nur Buchstaben, höchstens 40. Das Feld darf auch leer bleiben."
BIRTHDAY_INCOMPLETE = "Bitte Tag und Monat angeben oder beides leer lassen."
BIRTHDAY_INVALID = "Diesen Tag gibt es nicht. Bitte Tag und Monat noch einmal prüfen."

# On the card for the till, above the code that leads to the sign-up page.
TILL_CARD = "Code scannen und E-Mails von uns bekommen."
