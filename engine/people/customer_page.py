"""Everything that the page of one customer shows, loaded together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from engine.explain.profile import CustomerProfile, load_profile
from engine.open.open_shop import OpenShop
from engine.owner.tasks import OpenTask, open_tasks
from engine.people.rhythm import Gap, describe_rhythm, load_gaps
from engine.people.timeline import Timeline, load_timeline


@dataclass(frozen=True)
class CustomerPage:
    """The profile that `customers show` prints, and what `customers timeline` prints."""

    profile: CustomerProfile
    rhythm: str
    gaps: Sequence[Gap]
    tasks: Sequence[OpenTask]
    timeline: Timeline

    @property
    def title(self) -> str:
        """Returns what the customer is called: by name, else by address or number."""
        customer = self.profile.customer
        return customer.name or customer.email or customer.phone or f"Customer {customer.number}"

    @property
    def is_suppressed(self) -> bool:
        """Returns whether nothing goes to their address, whatever they have said."""
        suppression = self.profile.suppression
        return suppression is not None and suppression.lifted_at is None


def load_customer_page(
    connection: Connection, shop: OpenShop, customer: int, *, now: datetime, before: str = ""
) -> CustomerPage:
    """Returns the page of `customer` at `now`, its timeline from before the place `before`.

    Raises `WrongUsageError` where there is no such customer.
    """
    profile = load_profile(connection, shop.config, str(customer), now=now)
    zone = shop.config.shop.zone
    return CustomerPage(
        profile=profile,
        rhythm=describe_rhythm(profile.bought, now=now, zone=zone),
        gaps=load_gaps(connection, customer, zone),
        tasks=open_tasks(connection, customer),
        timeline=load_timeline(connection, customer, before=before),
    )
