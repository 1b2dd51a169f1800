"""Sentences of the public pages that their templates do not hold."""

from __future__ import annotations

from templates.forms import Forms

# Errors of the sign-up form, each shown at its field.
ADDRESS_MISSING = Forms(
    "Indique ton adresse e-mail, par exemple clara@example.com.",
    "Indiquez votre adresse e-mail, par exemple clara@example.com.",
)
ADDRESS_INVALID = "Ce n’est pas une adresse e-mail. Elle ressemble à clara@example.com."
NAME_INVALID = "Un prénom compte 40 lettres au plus. Le champ peut aussi rester vide."
BIRTHDAY_INCOMPLETE = "Il faut le jour et le mois, ou aucun des deux."
BIRTHDAY_INVALID = "Ce jour n’existe pas. Le jour et le mois sont à vérifier."

# On the card for the till, above the code that leads to the sign-up page.
TILL_CARD = "L’appareil photo ici, et nos nouvelles par e-mail."
