"""What stands in an example of a mail: in previews, and where a template is tried."""

from __future__ import annotations

TREAT = "un caffè"
ANSWER = "Il caffè era freddo e nessuno ha salutato."
WRONG_SUBJECT = "Offriamo noi, Clara: un cappuccino"
SAYING = "Il cappuccino era per maggio."
