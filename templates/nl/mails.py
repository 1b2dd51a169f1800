"""Sentences that Regulars itself writes into an e-mail to a customer."""

from __future__ import annotations

from templates.forms import Forms

UNSUBSCRIBE = "Afmelden"

# Labels of buttons that the template leaves to the shop's links; `name` is who signs the mail.
BOOK = "Afspraak maken"
VISIT_SHOP = "Bekijk de winkel"
FIND_US = Forms("Zo vind je ons", "Zo vindt u ons")
WRITE_TO = "Stuur {name} een bericht"
REPLY_TO = "Stuur {name} een antwoord"

# The line that says why the mail comes; `cause` follows from the event of its rule.
REASON = Forms(
    "Je krijgt deze e-mail omdat {cause}.",
    "U krijgt deze e-mail omdat {cause}.",
)
REASON_OPTED_IN = Forms(
    "Je krijgt deze e-mail omdat {cause} en toestemming gaf voor onze e-mails.",
    "U krijgt deze e-mail omdat {cause} en toestemming gaf voor onze e-mails.",
)
REASON_OPTED_IN_ON = Forms(
    "Je krijgt deze e-mail omdat {cause} en op {date} toestemming gaf voor onze e-mails.",
    "U krijgt deze e-mail omdat {cause} en op {date} toestemming gaf voor onze e-mails.",
)
# The subject of several service mails that go as one.
DIGEST_ONE_MORE = "{subject} (en nog een bericht)"
DIGEST_MORE = "{subject} (en nog {more} berichten)"
