"""Access tokens of the client credentials grant, valid for a day."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

CLIENT_ID = "demo-client"
CLIENT_SECRET = "demo-secret"  # noqa: S105 - of a sandbox server
SCOPES = ("read_all_orders", "read_customers", "read_orders", "write_customers")


@dataclass(slots=True)
class Tokens:
    """The issued tokens and when they expire, by the machine's clock."""

    lifetime: int = 86_399
    scopes: tuple[str, ...] = SCOPES  # of every token
    clock: Callable[[], float] = time.time
    _expires_at: dict[str, float] = field(default_factory=dict)

    def grant(self, credentials: Mapping[str, str]) -> dict[str, str | int] | str:
        """Return the token response for `credentials`, or Shopify's error code."""
        if credentials.get("grant_type") != "client_credentials":
            return "invalid_request"
        if credentials.get("client_id") != CLIENT_ID:
            return "application_cannot_be_found"
        if not secrets.compare_digest(credentials.get("client_secret", "").encode(), SECRET):
            return "invalid_client"
        token = f"shpat_{secrets.token_hex(16)}"
        self._expires_at[token] = self.clock() + self.lifetime
        return {"access_token": token, "scope": ",".join(self.scopes), "expires_in": self.lifetime}

    def valid(self, token: str | None) -> bool:
        return token is not None and self._expires_at.get(token, 0) > self.clock()

    def expire_all(self) -> None:
        """Expire every token that was issued so far."""
        self._expires_at.clear()


SECRET = CLIENT_SECRET.encode()
