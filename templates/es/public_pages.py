"""Sentences of the public pages that their templates do not hold."""

from __future__ import annotations

from templates.forms import Forms

# Errors of the sign-up form, each shown at its field.
ADDRESS_MISSING = Forms(
    "Escribe tu dirección de correo, por ejemplo clara@example.com.",
    "Escriba su dirección de correo, por ejemplo clara@example.com.",
)
ADDRESS_INVALID = "Esto no es una dirección de correo. Un ejemplo: clara@example.com."
NAME_INVALID = "Un nombre tiene letras, 40 como máximo. El campo también puede quedar vacío."
BIRTHDAY_INCOMPLETE = "Hacen falta el día y el mes, o ninguno de los dos."
BIRTHDAY_INVALID = "Ese día no existe. Hay que revisar el día y el mes."

# On the card for the till, above the code that leads to the sign-up page.
TILL_CARD = Forms(
    "Apunta aquí con la cámara y recibe nuestras noticias por correo electrónico.",
    "Apunte aquí con la cámara y reciba nuestras noticias por correo electrónico.",
)
