"""Sentences of the public pages that their templates do not hold."""

from __future__ import annotations

from templates.forms import Forms

# Errors of the sign-up form, each shown at its field.
ADDRESS_MISSING = Forms(
    "Indique ton adresse e-mail, par exemple clara@example.com.",
    "Indiquez votre adresse e-mail, par exemple clara@example.com.",
)
ADDRESS_INVALID = "Cette adresse e-mail n’est pas valable. Exemple : clara@example.com."
NAME_INVALID = "Un prénom s’écrit en lettres, 40 au plus. Le champ peut aussi rester vide."
BIRTHDAY_INCOMPLETE = "Il faut le jour et le mois, ou aucun des deux."
BIRTHDAY_INVALID = "Ce jour n’existe pas. Le jour et le mois sont à vérifier."

# On the card for the till, above the code that leads to the sign-up page.
TILL_CARD = Forms(
    "Scanne ce code pour recevoir nos nouvelles par e-mail.",
    "Scannez ce code pour recevoir nos nouvelles par e-mail.",
)
