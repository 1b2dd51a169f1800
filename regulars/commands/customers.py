"""`customers show`: one customer as a page of short lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from engine.config.owner_config import OwnersFile
from engine.explain.basis import word_told
from engine.explain.model import document
from engine.explain.profile import Known, Profile, profile_of
from engine.open.read_only import open_to_read
from engine.time_format import moment_told
from regulars.commands.why import heading, mail_lines, show_lines
from regulars.terminal.output import print_json
from shop.db.engine import reading


def run(config: Path, customer: str, *, now: datetime, as_json: bool) -> None:
    """Raises where nobody is meant."""
    shop = open_to_read(config)
    with reading(shop.engine) as connection:
        found = profile_of(connection, shop.file, customer, now=now)
    if as_json:
        print_json(document(found))
    else:
        show_lines(page(found, shop.file))


def page(found: Profile, file: OwnersFile) -> Iterator[str]:
    yield from heading(found.customer, file.shop.zone)
    yield from _facts(found, file)
    yield from _part("Known from", [_known(one) for one in found.identities])
    yield from _part("May be mailed?", _basis(found, file))
    yield from _part("Bought", _bought(found, file))
    yield from _part("Points", _points(found, file))
    yield from _part("Carts", _carts(found, file))
    yield from _part("Answers", _answers(found, file))
    yield from _part("Rules at work", _running(found, file))
    yield from _part("Mails", _mails(found, file))


def _part(name: str, lines: Iterator[str] | list[str]) -> Iterator[str]:
    """What there is nothing of is left out."""
    told = list(lines)
    if told:
        yield ""
        yield name
        yield from (f"  {line}" for line in told)


def _facts(found: Profile, file: OwnersFile) -> Iterator[str]:
    facts = {
        "birthday": found.birthday,
        "language": found.language,
        "clock": found.timezone,
        "since": moment_told(found.joined_at, file.shop.zone) if found.joined_at else None,
    }
    yield from (f"  {name}: {value}" for name, value in facts.items() if value)


def _known(one: Known) -> str:
    said = (one.name, one.email, one.phone, one.birthday, ", ".join(one.tags))
    return f"{one.source} {one.id}: {' · '.join(part for part in said if part) or 'no more'}"


def _basis(found: Profile, file: OwnersFile) -> Iterator[str]:
    why = f": {found.basis.why}" if found.basis.why else ""
    yield f"{found.basis.state}{why}"
    for word in found.basis.history:
        wording = f" “{word.wording}”" if word.wording else ""
        decides = " ← decides" if word.decides else ""
        yield f"  {word.says}, {word_told(word, file)}{wording}{decides}"
    if gone := found.suppression:
        detail = f" ({gone.detail})" if gone.detail else ""
        yield f"nothing goes to {gone.address}: {gone.reason}{detail}{_lifted(found, file)}"


def _lifted(found: Profile, file: OwnersFile) -> str:
    gone = found.suppression
    if gone is None:
        return ""
    since = f", since {moment_told(gone.since, file.shop.zone)}"
    if gone.lifted_at is None:
        return since
    until = moment_told(gone.lifted_at, file.shop.zone)
    return f"{since}, until {until}: {gone.lifted_because or 'lifted'}"


def _bought(found: Profile, file: OwnersFile) -> Iterator[str]:
    bought, zone = found.bought, file.shop.zone
    if bought is None:
        yield "nothing that counts, as far as the last run saw"
        return
    yield f"visits {bought.visits} · orders {bought.orders} · {bought.spent:,f} {bought.currency}"
    if bought.last_visit_at:
        yield f"last visit {moment_told(bought.last_visit_at, zone)}"
    if bought.expected_back_at:
        yield f"by their own rhythm expected back by {moment_told(bought.expected_back_at, zone)}"


def _points(found: Profile, file: OwnersFile) -> Iterator[str]:
    if found.points or found.lots:
        yield f"{found.points}"
    for lot in found.lots:
        ends = f"end {moment_told(lot.expires_at, file.shop.zone)}" if lot.expires_at else "stay"
        yield f"  {lot.left} of {moment_told(lot.earned_at, file.shop.zone)} {ends}"


def _carts(found: Profile, file: OwnersFile) -> Iterator[str]:
    for cart in found.carts:
        left = moment_told(cart.left_at, file.shop.zone)
        yield f"{cart.source} {cart.id}: {cart.total:,f} {cart.currency}, left {left}"


def _answers(found: Profile, file: OwnersFile) -> Iterator[str]:
    for one in found.answers:
        figures = {"csat": one.csat, "nps": one.nps}
        given = [f"{name} {value}" for name, value in figures.items() if value is not None]
        words = [f"“{one.words}”"] if one.words else []
        yield f"{moment_told(one.at, file.shop.zone)}: {', '.join([*given, *words]) or 'no figure'}"


def _running(found: Profile, file: OwnersFile) -> Iterator[str]:
    for one in found.running:
        due = f", due {moment_told(one.next_at, file.shop.zone)}" if one.next_at else ""
        began = moment_told(one.began_at, file.shop.zone)
        yield f"{one.rule}: began {began}, at step {one.step}{due}"


def _mails(found: Profile, file: OwnersFile) -> Iterator[str]:
    for mail in found.mails:
        yield f"{mail.template} of {mail.rule}"
        yield from mail_lines(mail, file.shop.zone, "  ")
    if found.mails_left_out:
        yield f"and {found.mails_left_out} before these"
