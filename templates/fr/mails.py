"""Sentences that Regulars itself writes into an e-mail to a customer."""

from __future__ import annotations

from templates.forms import Forms

UNSUBSCRIBE = "Se désabonner"

# Labels of buttons that the template leaves to the shop's links; `name` is who signs the mail.
BOOK = "Prendre rendez-vous"
VISIT_SHOP = "Voir la boutique"
FIND_US = "Nous trouver"
WRITE_TO = "Écrire à {name}"
REPLY_TO = "Répondre à {name}"

# The line that says why the mail comes; `cause` follows from the event of its rule.
REASON = Forms(
    "Tu reçois cet e-mail parce que {cause}.",
    "Vous recevez cet e-mail parce que {cause}.",
)
REASON_OPTED_IN = Forms(
    "Tu reçois cet e-mail parce que {cause} et que tu as accepté de recevoir nos e-mails.",
    "Vous recevez cet e-mail parce que {cause} et que vous avez accepté de recevoir nos e-mails.",
)
REASON_OPTED_IN_ON = Forms(
    "Tu reçois cet e-mail parce que {cause} "
    "et que, le {date}, tu as accepté de recevoir nos e-mails.",
    "Vous recevez cet e-mail parce que {cause} "
    "et que, le {date}, vous avez accepté de recevoir nos e-mails.",
)
# The subject of several service mails that go as one.
DIGEST_ONE_MORE = "{subject}, et un autre message"
DIGEST_MORE = "{subject}, et {more} autres messages"
