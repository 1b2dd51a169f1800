"""What stands in an example of a mail: in previews, and where a template is tried."""

from __future__ import annotations

TREAT = "ein Kaffee"
ANSWER = "Der Kaffee war kalt, und niemand hat Hallo gesagt."
WRONG_SUBJECT = "Ein Cappuccino aufs Haus, Clara?"
SAYING = "Der Cappuccino war für Mai gedacht."
