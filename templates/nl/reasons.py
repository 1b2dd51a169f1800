"""Why a mail comes, by the event of its rule.

Each completes "Je krijgt deze e-mail omdat …", and has the customer as its subject: "… en op 3 mei
toestemming gaf" may follow it.
"""

from __future__ import annotations

from templates.forms import Forms

BIRTHDAY = Forms(
    "je jarig bent",
    "u jarig bent",
)
CART_ABANDONED = Forms(
    "je iets in je winkelmandje liet liggen",
    "u iets in uw winkelmandje liet liggen",
)
NO_VISIT = Forms(
    "je eerder iets bij ons kocht",
    "u eerder iets bij ons kocht",
)
POINTS_EARNED = Forms(
    "je bij ons punten spaart",
    "u bij ons punten spaart",
)
POINTS_EXPIRE = Forms(
    "je bij ons punten spaart",
    "u bij ons punten spaart",
)
SUBSCRIBED = Forms(
    "je nieuw op onze lijst staat",
    "u nieuw op onze lijst staat",
)
SURVEY_ANSWERED = Forms(
    "je ons vertelde hoe het was",
    "u ons vertelde hoe het was",
)

# Beside the events: a correction of a wrong mail, and a rule that is no longer in the file.
CORRECTION = Forms(
    "je per vergissing een e-mail van ons kreeg",
    "u per vergissing een e-mail van ons kreeg",
)
CUSTOMER = Forms(
    "je klant bij ons bent",
    "u klant bij ons bent",
)
