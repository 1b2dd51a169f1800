"""Sentences that Regulars itself writes into an e-mail to a customer."""

from __future__ import annotations

from templates.forms import Forms

UNSUBSCRIBE = "Annulla iscrizione"

# Labels of buttons that the template leaves to the shop's links; `name` is who signs the mail.
BOOK = Forms("Prenota", "Prenoti")
VISIT_SHOP = Forms("Visita il negozio", "Visiti il negozio")
FIND_US = "Dove siamo"
# "Per", since "a" becomes "ad" before the names in A.
WRITE_TO = "Un messaggio per {name}"
REPLY_TO = "Una risposta per {name}"

# The line that says why the mail comes; `cause` follows from the event of its rule.
REASON = Forms(
    "Ricevi questa e-mail perché {cause}.",
    "Riceve questa e-mail perché {cause}.",
)
REASON_OPTED_IN = Forms(
    "Ricevi questa e-mail perché {cause} e perché hai accettato di ricevere le nostre e-mail.",
    "Riceve questa e-mail perché {cause} e perché ha accettato di ricevere le nostre e-mail.",
)
REASON_OPTED_IN_ON = Forms(
    "Ricevi questa e-mail perché {cause} "
    "e perché in data {date} hai accettato di ricevere le nostre e-mail.",
    "Riceve questa e-mail perché {cause} "
    "e perché in data {date} ha accettato di ricevere le nostre e-mail.",
)
# The subject of several service mails that go as one.
DIGEST_ONE_MORE = "{subject} e un altro messaggio"
DIGEST_MORE = "{subject} e altri {more} messaggi"
