"""Why a mail comes, by the event of its rule.

Each completes "Recebe este e-mail porque …".
"""

from __future__ import annotations

from templates.forms import Forms

BIRTHDAY = Forms(
    "fazes anos",
    "faz anos",
)
CART_ABANDONED = Forms(
    "deixaste algo no carrinho",
    "deixou algo no carrinho",
)
NO_VISIT = Forms(
    "já compraste na nossa loja",
    "já comprou na nossa loja",
)
POINTS_EARNED = Forms(
    "juntas pontos na nossa loja",
    "junta pontos na nossa loja",
)
POINTS_EXPIRE = Forms(
    "juntas pontos na nossa loja",
    "junta pontos na nossa loja",
)
SUBSCRIBED = Forms(
    "entraste há pouco na nossa lista",
    "entrou há pouco na nossa lista",
)
SURVEY_ANSWERED = Forms(
    "nos contaste como foi",
    "nos contou como foi",
)

# Beside the events: a correction of a wrong mail, and a rule that is no longer in the file.
CORRECTION = Forms(
    "te escrevemos por engano",
    "lhe escrevemos por engano",
)
CUSTOMER = Forms(
    "és cliente da nossa loja",
    "é cliente da nossa loja",
)
