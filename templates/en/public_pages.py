"""Sentences of the public pages that their templates do not hold."""

from __future__ import annotations

# Errors of the sign-up form, each shown at its field.
ADDRESS_MISSING = "Please write your e-mail address, like clara@example.com."
ADDRESS_INVALID = "This is not an e-mail address. It looks like clara@example.com."
NAME_INVALID = "A name has letters, and no more than 40. You may also leave it empty."
BIRTHDAY_INCOMPLETE = "Please give the day and the month, or neither."
BIRTHDAY_INVALID = "There is no such day. Please look at the day and the month again."

# On the card for the till, above the code that leads to the sign-up page.
TILL_CARD = "Point your camera here, and hear from us by e-mail."
