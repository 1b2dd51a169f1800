"""Edits of a rule's series in config.yaml: people in the middle of it go on at the right step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
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
from shop.tables import Enrolment, Message, RuleState, Task
from shop.types.moment import moment_after
from triggers.config import Rule
from triggers.series import PLACE, SEND, TASK, Series
from triggers.series_edit import rest_after_edit, step_after_edit
from triggers.stored_series import series_of
from triggers.verdicts import Verdict


@dataclass(frozen=True)
class Move:
    """Where the enrolments of a `group`, which stand alike, go on."""

    group: Any
    step: str
    next_step: str | None = None
    delay: timedelta = timedelta(0)  # of `next_at`: waits before the step that come yet


def load_stored_series(connection: Connection, name: str) -> str | None:
    """Returns the series that is stored with the state of the rule called `name`, as JSON."""
    stored: str | None = connection.scalar(_series_query(), {"of": name})
    return stored


def follow_edits(connection: Connection, name: str, rule: Rule, stored: str | None) -> Series:
    """Moves the running enrolments of the rule called `name` to where they go on in its series.

    Stores the series as it is now, and returns it. Nothing is written unless it differs from the
    one `stored` with the rule's state. Who waits for a step keeps their time. Who waits for a mail
    to go keeps that mail; `next_step` says what follows it, where that is no longer what follows it
    in the file.

    A database of an earlier release has stored places and no series. It is read with the file as it
    is now; a place that does not lie after the last mail of the enrolment is not trusted.
    """
    new = series_of(stored, rule)
    if stored == new.to_json():
        return new
    old = Series.from_json(stored) if stored else None
    keys = _repeatable_keys(old) if old else ()
    groups = connection.execute(_running_query(keys), {"of": name}).all()
    moves = [move for group in groups if (move := _move(group, keys, old, new))]
    if moves:
        connection.execute(_move_update(keys, moves), {"of": name})
    connection.execute(_series_update(), {"of": name, "series": new.to_json()})
    return new


def _repeatable_keys(series: Series) -> tuple[str, ...]:
    """The keys of mails and tasks, which are stored with whom they are about."""
    return tuple(key for key in series.keys.values() if key.startswith((SEND, TASK)))


def _move(group: Any, keys: Sequence[str], old: Series | None, new: Series) -> Move | None:
    """Returns None where the enrolments of `group` stay as they are."""
    if old is None:
        move = Move(group, _read_place(group, new))
    elif group.is_at_mail:
        move = Move(group, old.key_of(group.step), _next_step(group, keys, old, new))
    else:
        move = _next_rest(group, keys, old, new)
    stays = (move.step, move.next_step) == (group.step, group.next_step)
    return None if stays and not move.delay else move


def _next_rest(group: Any, keys: Sequence[str], old: Series, new: Series) -> Move:
    rest = rest_after_edit(old, new, group.step, _done(group, keys))
    if rest is None:
        return Move(group, group.step)  # until its time has come the step may come back
    step, delay = rest
    return Move(group, step, delay=delay)


def _done(group: Any, keys: Sequence[str]) -> set[str]:
    """The keys of the mails and tasks that the enrolments have had."""
    return {key for number, key in enumerate(keys) if getattr(group, f"has_{number}")}


def _next_step(group: Any, keys: Sequence[str], old: Series, new: Series) -> str | None:
    """What follows the mail that the enrolments wait for; None for what follows it in the file."""
    done = _done(group, keys)
    following = (
        step_after_edit(old, new, group.next_step, done)
        if group.next_step
        else step_after_edit(old, new, group.step, done, is_done=True)
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


def _has(key: str) -> ColumnElement[bool]:
    """An enrolment has had the mail or the task with this `key`."""
    model, step = (Message, key.removeprefix(SEND)) if key.startswith(SEND) else (Task, key)
    rows = select(col(model.id)).where(
        col(model.enrolment_id) == col(Enrolment.id), col(model.step) == step
    )
    return rows.exists()


def _running_query(keys: Sequence[str]) -> Select[Any]:
    """The different ways in which enrolments stand: few, however many there are."""
    return (
        select(
            *(_has(key).label(f"has_{number}") for number, key in enumerate(keys)),
            col(Enrolment.step),
            col(Enrolment.next_step),
            col(Enrolment.next_at).is_(None).label("is_at_mail"),
            _last_mail().label("last_mail"),
        )
        .where(_is_running())
        .distinct()
    )


def _move_update(keys: Sequence[str], moves: Sequence[Move]) -> Update:
    """One statement for all: one after the other, a move could move what another has moved."""
    groups = [(_stands_like(move.group, keys), move) for move in moves]
    steps = [(condition, literal(move.step)) for condition, move in groups]
    next_steps = [(condition, literal(move.next_step, String)) for condition, move in groups]
    delayed = [
        (condition, moment_after(col(Enrolment.next_at), move.delay))
        for condition, move in groups
        if move.delay
    ]
    next_at = {"next_at": case(*delayed, else_=col(Enrolment.next_at))} if delayed else {}
    return (
        update(Enrolment)
        .where(_is_running())
        .values(
            step=case(*steps, else_=col(Enrolment.step)),
            next_step=case(*next_steps, else_=col(Enrolment.next_step)),
            **next_at,
        )
    )


def _stands_like(group: Any, keys: Sequence[str]) -> ColumnElement[bool]:
    is_at_mail = col(Enrolment.next_at).is_(None)
    has = [
        _has(key) if getattr(group, f"has_{number}") else ~_has(key)
        for number, key in enumerate(keys)
    ]
    return and_(
        *has,
        col(Enrolment.step) == group.step,
        col(Enrolment.next_step).is_not_distinct_from(group.next_step),
        is_at_mail if group.is_at_mail else ~is_at_mail,
        _last_mail().is_not_distinct_from(group.last_mail),
    )
