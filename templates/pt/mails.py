"""Sentences that Regulars itself writes into an e-mail to a customer."""

from __future__ import annotations

from templates.forms import Forms

UNSUBSCRIBE = "Cancelar subscrição"

# Labels of buttons that the template leaves to the shop's links; `name` is who signs the mail.
BOOK = "Marcar hora"
VISIT_SHOP = "Ver a loja"
FIND_US = "Como chegar"
WRITE_TO = "Escrever a {name}"
REPLY_TO = "Responder a {name}"

# The line that says why the mail comes; `cause` follows from the event of its rule.
REASON = Forms(
    "Recebes este e-mail porque {cause}.",
    "Recebe este e-mail porque {cause}.",
)
REASON_OPTED_IN = Forms(
    "Recebes este e-mail porque {cause} e porque aceitaste receber os nossos e-mails.",
    "Recebe este e-mail porque {cause} e porque aceitou receber os nossos e-mails.",
)
REASON_OPTED_IN_ON = Forms(
    "Recebes este e-mail porque {cause} e porque a {date} aceitaste receber os nossos e-mails.",
    "Recebe este e-mail porque {cause} e porque a {date} aceitou receber os nossos e-mails.",
)
# The subject of several service mails that go as one.
DIGEST_ONE_MORE = "{subject} e mais uma mensagem"
DIGEST_MORE = "{subject} e mais {more} mensagens"
