"""Simulates the café's loyalty programme: one point per euro, 50 for a coffee, 12 months."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from sandbox.till_customers import Sale, TillCustomer, make_id

LISBON = ZoneInfo("Europe/Lisbon")
EXPIRY_MONTHS = 12
REWARD_POINTS = 50
ADJUSTED_SHARE = 0.01
PROMOTED_SHARE = 0.03
DELETED_REWARD_SHARE = 0.1  # of rewards that the customer gives back
ANONYMOUS_SHARE = 0.3  # of accounts that have a phone number and no customer


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the ledger, with signed points as the till writes them."""

    code: str
    account: str
    type: str
    points: int
    at: datetime
    sale: str | None = None
    reward: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """One account of the programme, identified by its phone number."""

    code: str
    customer: str | None
    phone: str
    enrolled_at: datetime
    updated_at: datetime
    balance: int
    lifetime: int
    expirations: tuple[tuple[int, datetime], ...]


@dataclass
class Lot:
    remaining: int
    expires_at: datetime


@dataclass
class Ledger:
    """The points of one account during the simulation."""

    account: str
    rng: Random
    lots: list[Lot] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def record_visit(self, sale: Sale) -> None:
        """Record the points that `sale` earns, and a reward once there are enough."""
        self.expire(sale.created_at)
        at = sale.created_at + timedelta(seconds=30)
        self.earn("ACCUMULATE_POINTS", max(1, sale.total // 100), at, sale.code)
        chance = self.rng.random()
        if chance < PROMOTED_SHARE:
            self.earn("ACCUMULATE_PROMOTION_POINTS", 10, at + timedelta(seconds=5), sale.code)
        elif chance < PROMOTED_SHARE + ADJUSTED_SHARE:
            self.earn("ADJUST_POINTS", 5, at + timedelta(seconds=5))
        if self.balance >= REWARD_POINTS:
            self.create_reward(sale, at + timedelta(seconds=10))

    def earn(self, kind: str, points: int, at: datetime, sale: str | None = None) -> None:
        self.lots.append(Lot(points, expiry_time(at)))
        self.record(kind, points, at, sale)

    def create_reward(self, sale: Sale, at: datetime) -> None:
        """Spend points on a reward at `at`; some rewards are given back at once."""
        reward_id, lots_before = (
            make_id(self.rng, 20),
            [Lot(lot.remaining, lot.expires_at) for lot in self.lots],
        )
        self.spend(REWARD_POINTS)
        self.record("CREATE_REWARD", -REWARD_POINTS, at, reward=reward_id)
        if self.rng.random() < DELETED_REWARD_SHARE:
            self.lots = lots_before
            self.record("DELETE_REWARD", REWARD_POINTS, at + timedelta(seconds=5), reward=reward_id)
        else:
            self.record("REDEEM_REWARD", 0, at + timedelta(seconds=5), sale.code, reward_id)

    def spend(self, points: int) -> None:
        """Subtract `points` from the oldest lots."""
        for lot in self.lots:
            spent = min(points, lot.remaining)
            lot.remaining -= spent
            points -= spent

    def expire(self, until: datetime) -> None:
        """Record the expiry of every lot that ends by `until`."""
        expiries = sorted(
            {lot.expires_at for lot in self.lots if lot.remaining and lot.expires_at <= until}
        )
        for at in expiries:
            lots = [lot for lot in self.lots if lot.expires_at == at]
            self.record("EXPIRE_POINTS", -sum(lot.remaining for lot in lots), at)
            for lot in lots:
                lot.remaining = 0

    def record(
        self,
        kind: str,
        points: int,
        at: datetime,
        sale: str | None = None,
        reward: str | None = None,
    ) -> None:
        event = Event(make_id(self.rng, 24), self.account, kind, points, at, sale, reward)
        self.events.append(event)

    @property
    def balance(self) -> int:
        return sum(lot.remaining for lot in self.lots)


def build_programme(
    people: list[TillCustomer], sales: list[Sale], now: datetime, rng: Random
) -> tuple[list[Account], list[Event]]:
    """Return an account for each of `people` with a phone number, and all accounts' events."""
    accounts, events = [], []
    for customer in people:
        if customer.phone is None or customer.creation_source == "INSTANT_PROFILE":
            continue
        customer_sales = [
            sale for sale in sales if sale.customer == customer.code and sale.state == "COMPLETED"
        ]
        ledger = Ledger(make_id(rng, 24), rng)
        for sale in sorted(customer_sales, key=lambda sale: sale.created_at):
            ledger.record_visit(sale)
        ledger.expire(now)
        accounts.append(make_account(customer, ledger, rng))
        events += ledger.events
    return accounts, sorted(events, key=lambda event: (event.at, event.code))


def make_account(customer: TillCustomer, ledger: Ledger, rng: Random) -> Account:
    """Return the account of `customer` with the balance of `ledger` and its expiries."""
    expiries = sorted({lot.expires_at for lot in ledger.lots if lot.remaining})
    phone_only = customer.creation_source == "LOYALTY" and customer.email is None
    return Account(
        code=ledger.account,
        customer=None if phone_only and rng.random() < ANONYMOUS_SHARE else customer.code,
        phone=str(customer.phone),
        enrolled_at=customer.created_at,
        updated_at=max([customer.created_at, *(event.at for event in ledger.events)]),
        balance=ledger.balance,
        lifetime=sum(event.points for event in ledger.events if event.type in EARNING_TYPES),
        expirations=tuple(
            (sum(lot.remaining for lot in ledger.lots if lot.expires_at == at), at)
            for at in expiries
        ),
    )


def expiry_time(at: datetime) -> datetime:
    """Return when points earned at `at` expire: at the end of a month, in local time."""
    local_time = at.astimezone(LISBON)
    years, month = divmod(local_time.month + EXPIRY_MONTHS, 12)
    return datetime(local_time.year + years, month + 1, 1, tzinfo=LISBON).astimezone(at.tzinfo)


EARNING_TYPES = ("ACCUMULATE_POINTS", "ACCUMULATE_PROMOTION_POINTS", "ADJUST_POINTS")
