"""Why a mail comes, by the event of its rule: each completes "You get this because …".

The names are those of the events in config.yaml, in capitals.
"""

from __future__ import annotations

BIRTHDAY = "it is your birthday"
CART_ABANDONED = "you left something in your basket"
NO_VISIT = "you have bought from us before"
POINTS_EARNED = "you collect points with us"
POINTS_EXPIRE = "you collect points with us"
SUBSCRIBED = "you are new on our list"
SURVEY_ANSWERED = "you told us how it was"

# Beside the events: a correction of a wrong mail, and a rule that is no longer in the file.
CORRECTION = "we wrote to you by mistake"
CUSTOMER = "you are our customer"
