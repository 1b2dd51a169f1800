"""The café's loyalty programme: a point a euro, fifty for a coffee, gone after a year."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from sandbox.till_customers import Sale, TillCustomer, code

LISBON = ZoneInfo("Europe/Lisbon")
MONTHS = 12
A_REWARD = 50
ADJUSTED_SHARE = 0.01
PROMOTED_SHARE = 0.03
GIVEN_BACK_SHARE = 0.1  # of rewards: the customer thought better of it
WITHOUT_A_NAME = 0.3  # accounts that are a telephone number and no customer


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the programme's ledger; its points as the till writes them, with their sign."""

    code: str
    account: str
    type: str
    points: int
    at: datetime
    sale: str | None = None
    reward: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """One customer in the programme, by their telephone."""

    code: str
    customer: str | None
    phone: str
    enrolled_at: datetime
    updated_at: datetime
    balance: int
    lifetime: int
    ending: tuple[tuple[int, datetime], ...]


@dataclass
class Lot:
    left: int
    ends: datetime


@dataclass
class Ledger:
    """The points of one account while they come and go."""

    account: str
    rng: Random
    lots: list[Lot] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def visit(self, sale: Sale) -> None:
        self.expire(sale.created_at)
        at = sale.created_at + timedelta(seconds=30)
        self.earn("ACCUMULATE_POINTS", max(1, sale.total // 100), at, sale.code)
        drawn = self.rng.random()
        if drawn < PROMOTED_SHARE:
            self.earn("ACCUMULATE_PROMOTION_POINTS", 10, at + timedelta(seconds=5), sale.code)
        elif drawn < PROMOTED_SHARE + ADJUSTED_SHARE:
            self.earn("ADJUST_POINTS", 5, at + timedelta(seconds=5))
        if self.balance >= A_REWARD:
            self.reward(sale, at + timedelta(seconds=10))

    def earn(self, kind: str, points: int, at: datetime, sale: str | None = None) -> None:
        self.lots.append(Lot(points, month_after(at)))
        self.note(kind, points, at, sale)

    def reward(self, sale: Sale, at: datetime) -> None:
        made, before = code(self.rng, 20), [Lot(lot.left, lot.ends) for lot in self.lots]
        self.spend(A_REWARD)
        self.note("CREATE_REWARD", -A_REWARD, at, reward=made)
        if self.rng.random() < GIVEN_BACK_SHARE:
            self.lots = before
            self.note("DELETE_REWARD", A_REWARD, at + timedelta(seconds=5), reward=made)
        else:
            self.note("REDEEM_REWARD", 0, at + timedelta(seconds=5), sale.code, made)

    def spend(self, points: int) -> None:
        """The oldest first."""
        for lot in self.lots:
            taken = min(points, lot.left)
            lot.left -= taken
            points -= taken

    def expire(self, until: datetime) -> None:
        ended = sorted({lot.ends for lot in self.lots if lot.left and lot.ends <= until})
        for at in ended:
            lots = [lot for lot in self.lots if lot.ends == at]
            self.note("EXPIRE_POINTS", -sum(lot.left for lot in lots), at)
            for lot in lots:
                lot.left = 0

    def note(
        self,
        kind: str,
        points: int,
        at: datetime,
        sale: str | None = None,
        reward: str | None = None,
    ) -> None:
        noted = Event(code(self.rng, 24), self.account, kind, points, at, sale, reward)
        self.events.append(noted)

    @property
    def balance(self) -> int:
        return sum(lot.left for lot in self.lots)


def programme(
    people: list[TillCustomer], sales: list[Sale], now: datetime, rng: Random
) -> tuple[list[Account], list[Event]]:
    """An account for everybody who left a telephone; what their visits came to since."""
    accounts, events = [], []
    for who in people:
        if who.phone is None or who.creation_source == "INSTANT_PROFILE":
            continue
        own = [one for one in sales if one.customer == who.code and one.state == "COMPLETED"]
        ledger = Ledger(code(rng, 24), rng)
        for sale in sorted(own, key=lambda one: one.created_at):
            ledger.visit(sale)
        ledger.expire(now)
        accounts.append(account(who, ledger, rng))
        events += ledger.events
    return accounts, sorted(events, key=lambda event: (event.at, event.code))


def account(who: TillCustomer, ledger: Ledger, rng: Random) -> Account:
    ends = sorted({lot.ends for lot in ledger.lots if lot.left})
    alone = who.creation_source == "LOYALTY" and who.email is None
    return Account(
        code=ledger.account,
        customer=None if alone and rng.random() < WITHOUT_A_NAME else who.code,
        phone=str(who.phone),
        enrolled_at=who.created_at,
        updated_at=max([who.created_at, *(event.at for event in ledger.events)]),
        balance=ledger.balance,
        lifetime=sum(event.points for event in ledger.events if event.type in EARNING),
        ending=tuple((sum(x.left for x in ledger.lots if x.ends == at), at) for at in ends),
    )


def month_after(at: datetime) -> datetime:
    """Points last through the last day of a month, by the clock on the café's wall."""
    there = at.astimezone(LISBON)
    years, month = divmod(there.month + MONTHS, 12)
    return datetime(there.year + years, month + 1, 1, tzinfo=LISBON).astimezone(at.tzinfo)


EARNING = ("ACCUMULATE_POINTS", "ACCUMULATE_PROMOTION_POINTS", "ADJUST_POINTS")
