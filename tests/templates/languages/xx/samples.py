"""What stands in an example of a mail: in previews, and where a template is tried."""

from __future__ import annotations

TREAT = "a free coffee"
ANSWER = "The coffee was cold and nobody said hello."
WRONG_SUBJECT = "A free cappuccino on us, Clara?"
SAYING = "The cappuccino was for May."
