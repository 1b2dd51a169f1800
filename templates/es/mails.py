"""Sentences that Regulars itself writes into an e-mail to a customer."""

from __future__ import annotations

from templates.forms import Forms

UNSUBSCRIBE = "Darse de baja"

# Labels of buttons that the template leaves to the shop's links; `name` is who signs the mail.
BOOK = "Reservar cita"
VISIT_SHOP = "Ver la tienda"
FIND_US = "Cómo llegar"
WRITE_TO = "Escribir a {name}"
REPLY_TO = "Responder a {name}"

# The line that says why the mail comes; `cause` follows from the event of its rule.
REASON = Forms(
    "Recibes este correo porque {cause}.",
    "Recibe este correo porque {cause}.",
)
REASON_OPTED_IN = Forms(
    "Recibes este correo porque {cause} y porque aceptaste recibir nuestros correos.",
    "Recibe este correo porque {cause} y porque aceptó recibir nuestros correos.",
)
REASON_OPTED_IN_ON = Forms(
    "Recibes este correo porque {cause} y porque el {date} aceptaste recibir nuestros correos.",
    "Recibe este correo porque {cause} y porque el {date} aceptó recibir nuestros correos.",
)
# The subject of several service mails that go as one.
DIGEST_ONE_MORE = "{subject} y un mensaje más"
DIGEST_MORE = "{subject} y {more} mensajes más"
