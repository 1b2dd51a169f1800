"""What stands in an example of a mail: in previews, and where a template is tried."""

from __future__ import annotations

TREAT = "um café"
ANSWER = "O café estava frio e ninguém disse bom dia."
WRONG_SUBJECT = "Um cappuccino por nossa conta, Clara?"
SAYING = "O cappuccino era para maio."
