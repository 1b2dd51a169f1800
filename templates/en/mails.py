"""Sentences that Regulars itself writes into an e-mail to a customer."""

from __future__ import annotations

UNSUBSCRIBE = "Unsubscribe"

# Labels of buttons that the template leaves to the shop's links; `name` is who signs the mail.
BOOK = "Book a time"
VISIT_SHOP = "Look around the shop"
FIND_US = "How to find us"
WRITE_TO = "Write to {name}"
REPLY_TO = "Reply to {name}"

# The line that says why the mail comes; `cause` follows from the event of its rule.
REASON = "You get this because {cause}."
REASON_OPTED_IN = "You get this because {cause} and you said yes to our e-mails."
REASON_OPTED_IN_ON = "You get this because {cause} and you said yes to our e-mails on {date}."
# The subject of several service mails that go as one.
DIGEST_ONE_MORE = "{subject}, and one more message"
DIGEST_MORE = "{subject}, and {more} more messages"
