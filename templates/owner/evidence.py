"""How a customer opted out, as `regulars why` and an export show it."""

from __future__ import annotations

BY_BUTTON = "the button on the unsubscribe page"
BY_ONE_CLICK = "one click in the mail program (RFC 8058)"
