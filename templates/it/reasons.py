"""Why a mail comes, by the event of its rule.

Each completes "Ricevi questa e-mail perché …".
"""

from __future__ import annotations

from templates.forms import Forms

BIRTHDAY = Forms(
    "è il tuo compleanno",
    "è il Suo compleanno",
)
CART_ABANDONED = Forms(
    "hai lasciato qualcosa nel carrello",
    "ha lasciato qualcosa nel carrello",
)
NO_VISIT = Forms(
    "hai già fatto acquisti da noi",
    "ha già fatto acquisti da noi",
)
POINTS_EARNED = Forms(
    "raccogli punti da noi",
    "raccoglie punti da noi",
)
POINTS_EXPIRE = Forms(
    "raccogli punti da noi",
    "raccoglie punti da noi",
)
SUBSCRIBED = Forms(
    "da poco fai parte della nostra lista",
    "da poco fa parte della nostra lista",
)
SURVEY_ANSWERED = Forms(
    "ci hai detto com’è andata",
    "ci ha detto com’è andata",
)

# Beside the events: a correction of a wrong mail, and a rule that is no longer in the file.
CORRECTION = Forms(
    "ti abbiamo scritto per errore",
    "Le abbiamo scritto per errore",
)
CUSTOMER = Forms(
    "fai parte della nostra clientela",
    "fa parte della nostra clientela",
)
