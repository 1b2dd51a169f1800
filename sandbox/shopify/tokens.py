"""Client credentials for a token that lasts a day, as an app of the shop's own gets it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

CLIENT_ID = "demo-client"
CLIENT_SECRET = "demo-secret"  # noqa: S105 - of a look-alike on loopback; everybody may know it
SCOPES = ("read_all_orders", "read_customers", "read_orders", "write_customers")


@dataclass(slots=True)
class Tokens:
    """The tokens given out, each until its time by the machine's clock."""

    lifetime: int = 86_399
    scopes: tuple[str, ...] = SCOPES  # what the app may do, whichever token it shows
    clock: Callable[[], float] = time.time
    _expires_at: dict[str, float] = field(default_factory=dict)

    def grant(self, credentials: Mapping[str, str]) -> dict[str, str | int] | str:
        """A token, or the code of Shopify's refusal."""
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
        """Every token given out so far stops working now."""
        self._expires_at.clear()


SECRET = CLIENT_SECRET.encode()
