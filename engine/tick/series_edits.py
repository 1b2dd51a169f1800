"""Edits of a rule's series in config.yaml: people in the middle of it go on at the right step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    Update,
    and_,
    bindparam,
    case,
    literal,
    select,
    update,
)
from sqlmodel import col

from shop.db.upsert import table_of
from shop.tables import Enrolment, Message, RuleState
from triggers.config import Rule
from triggers.series import PLACE, SEND, Series, step_after_edit
from triggers.verdicts import Verdict


@dataclass(frozen=True)
class Move:
    """Where the enrolments of a `group`, which stand alike, go on."""

    group: Any
    step: str
    next_step: str | None


def follow_edits(connection: Connection, name: str, rule: Rule) -> None:
    """Moves the running enrolments of the rule called `name` to where they go on in its series.

    Nothing is written unless the series differs from the one stored with the rule's state. Who
    waits for a step keeps their time. Who waits for a mail to go keeps that mail; `next_step` says
    what follows it, where that is no longer what follows it in the file.

    A database of an earlier release has stored places and no series. It is read with the file as it
    is now; a place that does not lie after the last mail of the enrolment is not trusted.
    """
    new = Series.of(rule)
    stored: str | None = connection.scalar(_series_query(), {"of": name})
    if stored == new.to_json():
        return
    groups = connection.execute(_running_query(), {"of": name}).all()
    old = Series.from_json(stored) if stored else None
    moves = [move for group in groups if (move := _move(group, old, new))]
    if moves:
        connection.execute(_move_update(moves), {"of": name})
    connection.execute(_series_update(), {"of": name, "series": new.to_json()})


def _move(group: Any, old: Series | None, new: Series) -> Move | None:
    """Returns None where the enrolments of `group` stay as they are."""
    if old is None:
        move = Move(group, _read_place(group, new), None)
    elif group.is_at_mail:
        move = Move(group, old.key_of(group.step), _next_step(group, old, new))
    else:
        move = Move(group, step_after_edit(old, new, group.step) or group.step, None)
    stays = (move.step, move.next_step) == (group.step, group.next_step)
    return None if stays else move


def _next_step(group: Any, old: Series, new: Series) -> str | None:
    """What follows the mail that the enrolments wait for; None for what follows it in the file."""
    following = (
        step_after_edit(old, new, group.next_step)
        if group.next_step
        else step_after_edit(old, new, group.step, is_done=True)
    )
    place = new.place_of(group.step)
    if following is None or place is None:
        return following
    natural = new.following(place)
    return None if natural and new.keys[natural] == following else following


def _read_place(group: Any, new: Series) -> str:
    """Returns the key of a step that an earlier release stored as a place."""
    if not PLACE.fullmatch(group.step):
        return str(group.step)
    last_mail = new.place_of(f"{SEND}{group.last_mail}") if group.last_mail else None
    if group.is_at_mail:
        return f"{SEND}{group.last_mail}"
    order = list(new.keys)
    if last_mail and (
        group.step not in new.keys or order.index(group.step) <= order.index(last_mail)
    ):
        following = new.following(last_mail)
        return new.keys[following] if following else str(group.step)
    return new.key_of(group.step)


@cache
def _series_query() -> Select[tuple[str | None]]:
    return select(col(RuleState.series)).where(col(RuleState.rule) == bindparam("of"))


@cache
def _series_update() -> Update:
    table = table_of(RuleState)
    return update(table).where(table.c.rule == bindparam("of")).values(series=bindparam("series"))


def _last_mail() -> Any:
    """The key of the latest mail of an enrolment."""
    return (
        select(col(Message.step))
        .where(col(Message.enrolment_id) == col(Enrolment.id), col(Message.rule) == bindparam("of"))
        .order_by(col(Message.created_at).desc(), col(Message.id))
        .limit(1)
        .scalar_subquery()
    )


def _is_running() -> ColumnElement[bool]:
    return (
        (col(Enrolment.rule) == bindparam("of"))
        & col(Enrolment.ended).is_(None)
        & (col(Enrolment.verdict) == Verdict.GO.value)
    )


@cache
def _running_query() -> Select[Any]:
    """The different ways in which enrolments stand: few, however many there are."""
    return (
        select(
            col(Enrolment.step),
            col(Enrolment.next_step),
            col(Enrolment.next_at).is_(None).label("is_at_mail"),
            _last_mail().label("last_mail"),
        )
        .where(_is_running())
        .distinct()
    )


def _move_update(moves: Sequence[Move]) -> Update:
    """One statement for all: one after the other, a move could move what another has moved."""
    steps = [(_stands_like(move.group), literal(move.step)) for move in moves]
    next_steps = [(_stands_like(move.group), literal(move.next_step, String)) for move in moves]
    return (
        update(Enrolment)
        .where(_is_running())
        .values(
            step=case(*steps, else_=col(Enrolment.step)),
            next_step=case(*next_steps, else_=col(Enrolment.next_step)),
        )
    )


def _stands_like(group: Any) -> ColumnElement[bool]:
    is_at_mail = col(Enrolment.next_at).is_(None)
    return and_(
        col(Enrolment.step) == group.step,
        col(Enrolment.next_step).is_not_distinct_from(group.next_step),
        is_at_mail if group.is_at_mail else ~is_at_mail,
        _last_mail().is_not_distinct_from(group.last_mail),
    )
