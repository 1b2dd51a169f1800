"""Why a mail comes, by the event of its rule.

Each completes "Sie erhalten diese E-Mail, weil …", and has the customer as its subject: "… und am
3. Mai … zugestimmt haben" may follow it.
"""

from __future__ import annotations

from templates.forms import Forms

BIRTHDAY = Forms("du Geburtstag hast", "Sie Geburtstag haben")
CART_ABANDONED = Forms(
    "du etwas im Warenkorb gelassen hast", "Sie etwas im Warenkorb gelassen haben"
)
NO_VISIT = Forms(
    "du schon einmal bei uns eingekauft hast", "Sie schon einmal bei uns eingekauft haben"
)
POINTS_EARNED = Forms("du bei uns Punkte sammelst", "Sie bei uns Punkte sammeln")
POINTS_EXPIRE = Forms("du bei uns Punkte sammelst", "Sie bei uns Punkte sammeln")
SUBSCRIBED = Forms("du neu auf unserer Liste bist", "Sie neu auf unserer Liste sind")
SURVEY_ANSWERED = Forms("du uns deine Meinung gesagt hast", "Sie uns Ihre Meinung gesagt haben")

# Beside the events: a correction of a wrong mail, and a rule that is no longer in the file.
CORRECTION = Forms(
    "du aus Versehen eine E-Mail von uns bekommen hast",
    "Sie aus Versehen eine E-Mail von uns erhalten haben",
)
CUSTOMER = Forms("du zu unserer Kundschaft gehörst", "Sie zu unserer Kundschaft gehören")
