"""What stands in an example of a mail: in previews, and where a template is tried."""

from __future__ import annotations

TREAT = "een kopje koffie"
ANSWER = "De koffie was koud en niemand zei gedag."
WRONG_SUBJECT = "Een cappuccino van het huis, Clara?"
SAYING = "De cappuccino was voor mei bedoeld."
