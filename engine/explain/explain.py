"""Why a customer was mailed, or was not: every rule, clause by clause. It only reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from engine.explain.find_customer import find
from engine.explain.load_customer import OneCustomer, read
from engine.explain.model import Explanation, RuleTold
from engine.explain.occasions import remembered, told
from engine.explain.trigger_wording import Asking, nothing, when_told
from engine.open.open_shop import OpenShop
from settings.errors import WrongUse
from settings.model import nearest
from triggers.config import Rule
from triggers.list_occasions import Occasion, occasions_of

LATEST = 5  # occasions of a rule that are past
NEXT = 2  # and that are to come
Row = Any
Pair = tuple[Occasion, Row | None]


def explain(
    connection: Connection, shop: OpenShop, word: str, rule: str | None, *, now: datetime
) -> Explanation:
    """All rules of the file, and those that are no longer in it but once had this customer."""
    person = find(connection, word, shop.file.shop.country)
    one = read(connection, shop, person, now=now)
    names = list(dict.fromkeys([*shop.file.rules, *one.enrolments]))
    if rule is not None and rule not in names:
        raise WrongUse(_no_such(rule, names))
    return Explanation(
        customer=person,
        changed=one.changed,
        held=one.held(None),
        rules=[_rule(one, name) for name in ([rule] if rule is not None else names)],
    )


def _no_such(rule: str, names: Sequence[str]) -> str:
    meant = nearest(rule, names)
    hint = f'Did you mean "{meant}"?' if meant else f"There are: {', '.join(names) or 'none'}."
    return f"There is no rule {rule}. {hint}"


def _rule(one: OneCustomer, name: str) -> RuleTold:
    rule, state = one.shop.file.rules.get(name), one.states.get(name)
    rows = one.enrolments.get(name, ())
    pairs = _pairs(one, rule, rows) if rule else [(_of(row), row) for row in rows]
    shown = _shown(pairs, one.now, state.since if state else one.now)
    asking = Asking(one.connection, one.shop.file, one.person.number)
    return RuleTold(
        rule=name,
        when=when_told(rule) if rule else None,
        began_at=state.since if state else None,
        looked_until=state.looked_until if state else None,
        held=one.held(name),
        nothing=nothing(asking, rule) if rule and not pairs else None,
        happenings=[
            told(one, name, rule, occasion, row) if rule else remembered(one, row)
            for occasion, row in shown
        ],
        left_out=len(pairs) - len(shown),
    )


def _pairs(one: OneCustomer, rule: Rule, rows: Sequence[Row]) -> list[Pair]:
    """What the rule has looked at, and what it has not; the first due first."""
    zone, connection = one.shop.file.shop.zone, one.connection
    found = occasions_of(connection, rule, one.person.number, now=one.now, zone=zone)
    had = {row.occasion for row in rows}
    pairs: list[Pair] = [(_of(row), row) for row in rows]
    pairs += [(occasion, None) for occasion in found if occasion.key not in had]
    return sorted(pairs, key=lambda pair: (pair[0].due_at, pair[0].key))


def _of(row: Row) -> Occasion:
    return Occasion(row.occasion, row.cart_id, row.answer_id, row.since_at, row.due_at)


def _shown(pairs: Sequence[Pair], now: datetime, began: datetime) -> list[Pair]:
    """What runs, the latest of what is past, and the next of what is to come.

    Of all that was over before the rule began, one tells as much as many.
    """
    past = [pair for pair in pairs if pair[0].due_at <= now]
    ahead = [pair for pair in pairs if pair[0].due_at > now]
    before = [pair for pair in past if pair[1] is None and pair[0].due_at < began]
    past = [pair for pair in past if pair not in before[:-1]]
    earlier, latest = past[:-LATEST], past[-LATEST:]
    running = [pair for pair in earlier if pair[1] is not None and pair[1].next_at is not None]
    return [*running, *latest, *ahead[:NEXT]]
