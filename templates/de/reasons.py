"""Why a mail comes, by the event of its rule.

Each completes "Sie erhalten diese E-Mail, weil …".
"""

from __future__ import annotations

from templates.forms import Forms

BIRTHDAY = Forms("du Geburtstag hast", "Sie Geburtstag haben")
CART_ABANDONED = Forms(
    "du etwas im Warenkorb gelassen hast", "Sie etwas im Warenkorb gelassen haben"
)
NO_VISIT = Forms("du schon einmal bei uns gekauft hast", "Sie schon einmal bei uns gekauft haben")
POINTS_EARNED = Forms("du bei uns Punkte sammelst", "Sie bei uns Punkte sammeln")
POINTS_EXPIRE = Forms("du bei uns Punkte sammelst", "Sie bei uns Punkte sammeln")
SUBSCRIBED = Forms("du neu auf unserer Liste bist", "Sie neu auf unserer Liste sind")
SURVEY_ANSWERED = Forms("du uns gesagt hast, wie es war", "Sie uns gesagt haben, wie es war")

# Beside the events: a correction of a wrong mail, and a rule that is no longer in the file.
CORRECTION = Forms(
    "wir dir aus Versehen geschrieben haben", "wir Ihnen aus Versehen geschrieben haben"
)
CUSTOMER = Forms("du bei uns Kundschaft bist", "Sie bei uns Kundschaft sind")
