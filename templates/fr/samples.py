"""What stands in an example of a mail: in previews, and where a template is tried."""

from __future__ import annotations

TREAT = "un café"
ANSWER = "Le café était froid, et personne n’a dit bonjour."
WRONG_SUBJECT = "La maison offre un cappuccino, Clara"
SAYING = "Le cappuccino était prévu pour mai."
