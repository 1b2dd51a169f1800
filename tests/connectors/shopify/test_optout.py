"""A no is told to Shopify once, with its date, and never against a newer word."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.optout import CHANGED, KNOWN, TOLD, CanBeTold, Heard, No, NotAllowed
from sandbox.cafe import NOW
from sandbox.customers import Consent, Customer
from sandbox.shopify.faults import Fails, HalfAPage, Refuses, Throttles, WebPage, json
from sandbox.shopify.query_cost import Bucket
from sandbox.shopify.tokens import Tokens
from settings.errors import OutOfReach
from tests.connectors.corner_cafe import SMALL, LookAlike
from tests.connectors.corner_till import SquareLookAlike

ANA = next(who for who in SMALL.customers if who.may_be_mailed)
MUTATION = "customerEmailMarketingConsentUpdate"
SAID = NOW - timedelta(minutes=10)
AFTER = NOW + timedelta(minutes=1)


@pytest.fixture
def store() -> LookAlike:
    made = LookAlike()
    made.shop.clock = lambda: AFTER
    return made


def tell(store: LookAlike, folder: Path, key: str = "", at: datetime = SAID) -> Heard:
    connector = store.connect(folder)
    assert isinstance(connector, CanBeTold)

    async def once() -> Heard:
        async with connector.telling() as telling:
            return await telling(No(key or str(ANA.number), at))

    return asyncio.run(once())


def ana(store: LookAlike) -> Customer:
    found = store.shop.customers.get(ANA.number)
    assert found is not None
    return found


def mutations(store: LookAlike) -> int:
    return sum(asked == [MUTATION] for asked, _ in store.shop.heard)


def says(store: LookAlike, state: str, since: datetime | None) -> None:
    consent = Consent(state, "SINGLE_OPT_IN", since)
    store.shop.customers.put(replace(ANA, consent=consent))


def test_shopify_is_told_with_the_date_of_the_no(store: LookAlike, tmp_path: Path) -> None:
    assert tell(store, tmp_path) == Heard(True, TOLD)
    after = ana(store)
    assert (after.consent.state, after.consent.since) == ("UNSUBSCRIBED", SAID)
    assert after.updated_at == AFTER


def test_told_twice_is_told_once(store: LookAlike, tmp_path: Path) -> None:
    tell(store, tmp_path)
    assert tell(store, tmp_path) == Heard(True, KNOWN)
    assert mutations(store) == 1


def test_who_is_unsubscribed_there_is_left_alone(store: LookAlike, tmp_path: Path) -> None:
    says(store, "UNSUBSCRIBED", SAID - timedelta(days=9))
    before = ana(store)
    assert tell(store, tmp_path) == Heard(True, KNOWN)
    assert ana(store) == before


def test_a_newer_word_there_stands(store: LookAlike, tmp_path: Path) -> None:
    says(store, "SUBSCRIBED", SAID + timedelta(seconds=1))
    assert tell(store, tmp_path) == Heard(True, f"{CHANGED}: SUBSCRIBED")
    assert mutations(store) == 0


def test_a_yes_between_the_two_questions_stands(store: LookAlike, tmp_path: Path) -> None:
    store.faults.then(Meanwhile(lambda: says(store, "SUBSCRIBED", NOW)), on="customer")
    assert tell(store, tmp_path) == Heard(True, f"{CHANGED}: SUBSCRIBED")
    assert mutations(store) == 1
    assert ana(store).consent.state == "SUBSCRIBED"


@pytest.mark.parametrize("state", ["SUBSCRIBED", "NOT_SUBSCRIBED", "PENDING", "INVALID"])
def test_whatever_is_older_there_is_told(state: str, store: LookAlike, tmp_path: Path) -> None:
    says(store, state, None if state == "NOT_SUBSCRIBED" else SAID)
    assert tell(store, tmp_path) == Heard(True, TOLD)
    assert ana(store).consent.state == "UNSUBSCRIBED"


def test_who_is_no_customer_there_any_more_is_settled(store: LookAlike, tmp_path: Path) -> None:
    heard = tell(store, tmp_path, key="123456")
    assert (heard.settled, mutations(store)) == (True, 0)


def test_a_refusal_is_shopifys_own_words_and_not_settled(store: LookAlike, tmp_path: Path) -> None:
    nameless = next(who for who in SMALL.customers if who.email is None)
    heard = tell(store, tmp_path, key=str(nameless.number))
    assert heard == Heard(False, "Customer must have an email address")


def test_nobodys_address_stands_in_a_refusal(store: LookAlike, tmp_path: Path) -> None:
    errors = [{"message": f"Email {ANA.email} is taken", "field": None, "code": "INVALID"}]
    store.faults.then(Brings({"customer": None, "userErrors": errors}), on=MUTATION)
    assert tell(store, tmp_path) == Heard(False, "Email … is taken")


def test_what_stays_as_it_was_is_not_settled(store: LookAlike, tmp_path: Path) -> None:
    stayed = {"defaultEmailAddress": {"marketingState": "SUBSCRIBED", "marketingUpdatedAt": None}}
    store.faults.then(Brings({"customer": stayed, "userErrors": []}), on=MUTATION)
    assert tell(store, tmp_path) == Heard(False, "it stayed SUBSCRIBED there")


def test_it_is_told_where_addresses_are_hidden(store: LookAlike, tmp_path: Path) -> None:
    hidden = {"id": "gid://shopify/Customer/1", "defaultEmailAddress": None}
    denied = [{"message": "Access denied", "extensions": {"code": "ACCESS_DENIED"}}]
    store.faults.then(Brings(hidden, "customer", denied), on="customer")
    assert tell(store, tmp_path) == Heard(True, TOLD)
    assert ana(store).consent.state == "UNSUBSCRIBED"


READS = Tokens(scopes=("read_customers", "read_orders"))


def test_who_may_only_read_is_told_which_right_to_give(tmp_path: Path) -> None:
    store = LookAlike(tokens=READS)
    with pytest.raises(NotAllowed, match=r"online-shop write down .* Give the app write_customers"):
        tell(store, tmp_path)
    assert mutations(store) == 0
    assert ana(store) == ANA


def test_a_token_that_does_not_say_what_it_may_is_denied_in_words(
    store: LookAlike, tmp_path: Path
) -> None:
    denied = Fails(f"Access denied for {MUTATION} field.", "ACCESS_DENIED")
    store.faults.then(denied, on=MUTATION)
    with pytest.raises(NotAllowed, match=rf"\(Access denied for {MUTATION} field\)\. Give the app"):
        tell(store, tmp_path)


@pytest.mark.parametrize("on", ["customer", MUTATION])
@pytest.mark.parametrize(
    "fault", [Refuses(429, 4), Refuses(500), HalfAPage(), WebPage(), Throttles(), Fails()]
)
def test_what_passes_is_waited_for(fault: Any, on: str, store: LookAlike, tmp_path: Path) -> None:
    store.faults.then(fault, times=3, on=on)
    assert tell(store, tmp_path).settled
    assert ana(store).consent == Consent("UNSUBSCRIBED", ANA.consent.level, SAID)
    assert len(store.pauses) == 3


@pytest.mark.parametrize("on", ["customer", MUTATION])
@pytest.mark.parametrize("fault", [Refuses(500), Refuses(403), HalfAPage(), Fails("What?", "odd")])
def test_what_stays_is_a_sentence(fault: Any, on: str, store: LookAlike, tmp_path: Path) -> None:
    store.faults.always(fault, on=on)
    with pytest.raises(OutOfReach, match="online-shop") as told:
        tell(store, tmp_path)
    assert not isinstance(told.value, NotAllowed)
    assert not re.search(r"shpat_|demo-secret|@", str(told.value))


@pytest.mark.parametrize(
    "body",
    [
        {}, {"data": None}, {"data": {}}, {"data": {MUTATION: None}}, {"errors": "no"},
        {"data": {MUTATION: {"customer": None}}}, {"data": {MUTATION: []}}, {"errors": [1]},
    ],
)  # fmt: skip
def test_an_answer_that_says_nothing_settles_nothing(
    body: dict[str, Any], store: LookAlike, tmp_path: Path
) -> None:
    store.faults.always(Says(body), on=MUTATION)
    with pytest.raises(OutOfReach):
        tell(store, tmp_path)


def test_a_stale_token_is_renewed_without_a_word(store: LookAlike, tmp_path: Path) -> None:
    store.faults.then(Meanwhile(store.tokens.expire), on="customer")
    assert tell(store, tmp_path) == Heard(True, TOLD)
    assert store.pauses == []


def test_an_empty_bucket_is_waited_for(tmp_path: Path) -> None:
    now = [0.0]
    store = LookAlike(bucket=Bucket(size=11, restores=1, clock=lambda: now[0]))

    async def sleep(seconds: float) -> None:
        now[0] += seconds

    store.sleep = sleep  # type: ignore[method-assign]  # this clock moves only while we wait
    assert tell(store, tmp_path) == Heard(True, TOLD)
    assert now[0] > 0


def test_square_cannot_be_told(tmp_path: Path) -> None:
    assert not isinstance(SquareLookAlike().connect(tmp_path), CanBeTold)


@dataclass(frozen=True)
class Says:
    """A body of the test's own."""

    body: Any

    async def reply(self, page: Callable[[], Any]) -> Any:
        return json(self.body)


@dataclass(frozen=True)
class Brings:
    """One root field of the test's own."""

    value: Any
    name: str = MUTATION
    errors: Any = ()

    async def reply(self, page: Callable[[], Any]) -> Any:
        body = {"data": {self.name: self.value}}
        return json(body | ({"errors": self.errors} if self.errors else {}))


@dataclass(frozen=True)
class Meanwhile:
    """The right answer, and something else happens just after it."""

    happens: Callable[[], None]

    async def reply(self, page: Callable[[], Any]) -> Any:
        body = page()
        self.happens()
        return json(body)
