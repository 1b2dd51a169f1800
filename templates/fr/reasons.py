"""Why a mail comes, by the event of its rule.

Each completes "Vous recevez cet e-mail parce que …".
"""

from __future__ import annotations

from templates.forms import Forms

BIRTHDAY = Forms("c’est ton anniversaire", "c’est votre anniversaire")
CART_ABANDONED = Forms(
    "tu as laissé quelque chose dans ton panier",
    "vous avez laissé quelque chose dans votre panier",
)
NO_VISIT = Forms("tu as déjà acheté chez nous", "vous avez déjà acheté chez nous")
POINTS_EARNED = Forms("tu cumules des points chez nous", "vous cumulez des points chez nous")
POINTS_EXPIRE = Forms("tu cumules des points chez nous", "vous cumulez des points chez nous")
SUBSCRIBED = Forms("tu viens de rejoindre notre liste", "vous venez de rejoindre notre liste")
SURVEY_ANSWERED = Forms("tu nous as donné ton avis", "vous nous avez donné votre avis")

# Beside the events: a correction of a wrong mail, and a rule that is no longer in the file.
CORRECTION = Forms("nous t’avons écrit par erreur", "nous vous avons écrit par erreur")
CUSTOMER = Forms("tu fais partie de notre clientèle", "vous faites partie de notre clientèle")
