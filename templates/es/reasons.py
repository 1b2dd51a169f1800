"""Why a mail comes, by the event of its rule.

Each completes "Recibes este correo porque …".
"""

from __future__ import annotations

from templates.forms import Forms

BIRTHDAY = Forms(
    "es tu cumpleaños",
    "es su cumpleaños",
)
CART_ABANDONED = Forms(
    "dejaste algo en la cesta",
    "dejó algo en la cesta",
)
NO_VISIT = Forms(
    "ya has comprado en nuestra tienda",
    "ya ha comprado en nuestra tienda",
)
POINTS_EARNED = Forms(
    "acumulas puntos con nosotros",
    "acumula puntos con nosotros",
)
POINTS_EXPIRE = Forms(
    "acumulas puntos con nosotros",
    "acumula puntos con nosotros",
)
SUBSCRIBED = Forms(
    "acabas de apuntarte a nuestra lista",
    "acaba de apuntarse a nuestra lista",
)
SURVEY_ANSWERED = Forms(
    "nos contaste cómo fue",
    "nos contó cómo fue",
)

# Beside the events: a correction of a wrong mail, and a rule that is no longer in the file.
CORRECTION = Forms(
    "te escribimos por error",
    "le escribimos por error",
)
CUSTOMER = Forms(
    "eres cliente de nuestra tienda",
    "es cliente de nuestra tienda",
)
