"""Whether Shopify itself writes to those who left a basket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.http import Reply, listed, loaded
from connectors.read_record import inside
from connectors.shopify.client import Admin
from connectors.shopify.requests import LAST_BASKETS, reminders
from connectors.shopify.responses import DeniedError, check_status, root
from settings.errors import OutOfReach

LOOKED_AT = 30
REMINDED = ("SENT", "SCHEDULED")


@dataclass(frozen=True)
class Reminded:
    """Of the last baskets that were left: how many Shopify has written about, or is about to."""

    by_shopify: int
    of: int


async def reminded(admin: Admin) -> Reminded | None:
    """None where Shopify does not tell, or there is no basket to tell of."""
    try:
        keys = await admin.hear(keys_in, LAST_BASKETS, {"first": LOOKED_AT})
        if not keys:
            return None
        given = {f"basket{place}": key for place, key in enumerate(keys)}
        return await admin.hear(lambda reply: counted(reply, keys), reminders(len(keys)), given)
    except (DeniedError, OutOfReach):
        return None  # nothing hangs on it: then the owner is asked


def keys_in(reply: Reply) -> list[str]:
    found = root(reply, "abandonedCheckouts") or {}
    baskets = [one for one in listed(found.get("nodes")) if isinstance(one, Mapping)]
    return [one["id"] for one in baskets if isinstance(one.get("id"), str)]


def counted(reply: Reply, keys: Sequence[str]) -> Reminded | None:
    check_status(reply)
    data = inside(loaded(reply), "data")
    states = [state_of(data.get(f"basket{place}")) for place in range(len(keys))]
    known = [state for state in states if state is not None]
    return Reminded(sum(state in REMINDED for state in known), len(known)) if known else None


def state_of(abandonment: Any) -> str | None:
    state = abandonment.get("emailState") if isinstance(abandonment, Mapping) else None
    return state if isinstance(state, str) else None
