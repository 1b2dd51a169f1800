"""Sentences that Regulars itself writes into an e-mail to a customer."""

from __future__ import annotations

from templates.forms import Forms

UNSUBSCRIBE = "Abmelden"

# Labels of buttons that the template leaves to the shop's links; `name` is who signs the mail.
BOOK = "Termin buchen"
VISIT_SHOP = "Im Shop stöbern"
FIND_US = Forms("So findest du uns", "So finden Sie uns")
WRITE_TO = "{name} schreiben"
REPLY_TO = "{name} antworten"

# The line that says why the mail comes; `cause` follows from the event of its rule.
REASON = Forms(
    "Du bekommst diese E-Mail, weil {cause}.",
    "Sie erhalten diese E-Mail, weil {cause}.",
)
REASON_OPTED_IN = Forms(
    "Du bekommst diese E-Mail, weil {cause} und dem Empfang unserer E-Mails zugestimmt hast.",
    "Sie erhalten diese E-Mail, weil {cause} und dem Empfang unserer E-Mails zugestimmt haben.",
)
REASON_OPTED_IN_ON = Forms(
    "Du bekommst diese E-Mail, weil {cause} und am {date} dem Empfang unserer E-Mails "
    "zugestimmt hast.",
    "Sie erhalten diese E-Mail, weil {cause} und am {date} dem Empfang unserer E-Mails "
    "zugestimmt haben.",
)
# The subject of several service mails that go as one.
DIGEST_ONE_MORE = "{subject} (und eine weitere Nachricht)"
DIGEST_MORE = "{subject} (und {more} weitere Nachrichten)"
