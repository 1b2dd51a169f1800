"""Sentences of the public pages that their templates do not hold."""

from __future__ import annotations

from templates.forms import Forms

# Errors of the sign-up form, each shown at its field.
ADDRESS_MISSING = Forms(
    "Vul je e-mailadres in, bijvoorbeeld clara@example.com.",
    "Vul uw e-mailadres in, bijvoorbeeld clara@example.com.",
)
ADDRESS_INVALID = "Dit is geen e-mailadres. Het moet eruitzien als clara@example.com."
NAME_INVALID = "Een naam heeft alleen letters, hooguit 40. Het veld mag ook leeg blijven."
BIRTHDAY_INCOMPLETE = "Vul de dag en de maand in, of geen van beide."
BIRTHDAY_INVALID = "Die dag bestaat niet. Kijk de dag en de maand nog eens na."

# On the card for the till, above the code that leads to the sign-up page.
TILL_CARD = "Scan de code en ontvang onze e-mails."
