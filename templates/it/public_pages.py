"""Sentences of the public pages that their templates do not hold."""

from __future__ import annotations

from templates.forms import Forms

# Errors of the sign-up form, each shown at its field.
ADDRESS_MISSING = Forms(
    "Scrivi il tuo indirizzo e-mail, per esempio clara@example.com.",
    "Scriva il Suo indirizzo e-mail, per esempio clara@example.com.",
)
ADDRESS_INVALID = "Questo indirizzo e-mail non è valido. Esempio: clara@example.com."
NAME_INVALID = "Un nome è fatto di lettere, al massimo 40. Il campo può anche restare vuoto."
BIRTHDAY_INCOMPLETE = "Servono il giorno e il mese, oppure nessuno dei due."
BIRTHDAY_INVALID = "Questo giorno non esiste. Il giorno e il mese sono da controllare."

# On the card for the till, above the code that leads to the sign-up page.
TILL_CARD = Forms(
    "Inquadra il codice per ricevere le nostre novità per e-mail.",
    "Inquadri il codice per ricevere le nostre novità per e-mail.",
)
