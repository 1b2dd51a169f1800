"""`customers show`: one customer as a page of short lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from engine.config.owner_config import OwnerConfig
from engine.explain.basis import describe_statement
from engine.explain.model import to_document
from engine.explain.profile import CustomerProfile, SourceRecord, load_profile
from engine.open.read_only import open_read_only
from engine.time_format import format_moment
from regulars.commands.why import customer_heading, mail_lines, show_lines
from regulars.terminal.output import print_json
from shop.db.engine import read_transaction


def run(config: Path, customer: str, *, now: datetime, as_json: bool) -> None:
    """Raises where nobody is meant."""
    shop = open_read_only(config)
    with read_transaction(shop.engine) as connection:
        profile = load_profile(connection, shop.config, customer, now=now)
    if as_json:
        print_json(to_document(profile))
    else:
        show_lines(profile_lines(profile, shop.config))


def profile_lines(profile: CustomerProfile, owner_config: OwnerConfig) -> Iterator[str]:
    yield from customer_heading(profile.customer, owner_config.shop.zone)
    yield from _fact_lines(profile, owner_config)
    yield from _section("Known from", [_identity_line(identity) for identity in profile.identities])
    yield from _section("May be mailed?", _basis_lines(profile, owner_config))
    yield from _section("Bought", _purchase_lines(profile, owner_config))
    yield from _section("Points", _points_lines(profile, owner_config))
    yield from _section("Carts", _cart_lines(profile, owner_config))
    yield from _section("Answers", _answer_lines(profile, owner_config))
    yield from _section("Rules at work", _enrolment_lines(profile, owner_config))
    yield from _section("Mails", _mail_lines(profile, owner_config))


def _section(heading_text: str, lines: Iterator[str] | list[str]) -> Iterator[str]:
    """What there is nothing of is left out."""
    section_lines = list(lines)
    if section_lines:
        yield ""
        yield heading_text
        yield from (f"  {line}" for line in section_lines)


def _fact_lines(profile: CustomerProfile, owner_config: OwnerConfig) -> Iterator[str]:
    facts = {
        "birthday": profile.birthday,
        "language": profile.language,
        "clock": profile.timezone,
        "since": format_moment(profile.joined_at, owner_config.shop.zone)
        if profile.joined_at
        else None,
    }
    yield from (f"  {name}: {fact}" for name, fact in facts.items() if fact)


def _identity_line(identity: SourceRecord) -> str:
    parts = (
        identity.name,
        identity.email,
        identity.phone,
        identity.birthday,
        ", ".join(identity.tags),
    )
    return f"{identity.source} {identity.id}: {' · '.join(part for part in parts if part) or 'no more'}"


def _basis_lines(profile: CustomerProfile, owner_config: OwnerConfig) -> Iterator[str]:
    reason = f": {profile.basis.reason}" if profile.basis.reason else ""
    yield f"{profile.basis.state}{reason}"
    for statement in profile.basis.history:
        wording = f" “{statement.wording}”" if statement.wording else ""
        decides = " ← decides" if statement.decides else ""
        yield f"  {statement.consent}, {describe_statement(statement, owner_config)}{wording}{decides}"
    if suppression := profile.suppression:
        detail = f" ({suppression.detail})" if suppression.detail else ""
        yield f"nothing goes to {suppression.address}: {suppression.reason}{detail}{_suppression_period(profile, owner_config)}"


def _suppression_period(profile: CustomerProfile, owner_config: OwnerConfig) -> str:
    suppression = profile.suppression
    if suppression is None:
        return ""
    since = f", since {format_moment(suppression.since, owner_config.shop.zone)}"
    if suppression.lifted_at is None:
        return since
    until = format_moment(suppression.lifted_at, owner_config.shop.zone)
    return f"{since}, until {until}: {suppression.lifted_because or 'lifted'}"


def _purchase_lines(profile: CustomerProfile, owner_config: OwnerConfig) -> Iterator[str]:
    purchases, zone = profile.bought, owner_config.shop.zone
    if purchases is None:
        yield "nothing that counts, as far as the last run saw"
        return
    yield f"visits {purchases.visits} · orders {purchases.orders} · {purchases.spent:,f} {purchases.currency}"
    if purchases.last_visit_at:
        yield f"last visit {format_moment(purchases.last_visit_at, zone)}"
    if purchases.expected_back_at:
        yield f"by their own rhythm expected back by {format_moment(purchases.expected_back_at, zone)}"


def _points_lines(profile: CustomerProfile, owner_config: OwnerConfig) -> Iterator[str]:
    if profile.points or profile.lots:
        yield f"{profile.points}"
    for lot in profile.lots:
        ending = (
            f"end {format_moment(lot.expires_at, owner_config.shop.zone)}"
            if lot.expires_at
            else "stay"
        )
        yield f"  {lot.remaining} of {format_moment(lot.earned_at, owner_config.shop.zone)} {ending}"


def _cart_lines(profile: CustomerProfile, owner_config: OwnerConfig) -> Iterator[str]:
    for cart in profile.carts:
        abandoned_at = format_moment(cart.left_at, owner_config.shop.zone)
        yield f"{cart.source} {cart.id}: {cart.total:,f} {cart.currency}, left {abandoned_at}"


def _answer_lines(profile: CustomerProfile, owner_config: OwnerConfig) -> Iterator[str]:
    for answer in profile.answers:
        scores = {"csat": answer.csat, "nps": answer.nps}
        score_texts = [f"{name} {score}" for name, score in scores.items() if score is not None]
        quote = [f"“{answer.words}”"] if answer.words else []
        yield f"{format_moment(answer.at, owner_config.shop.zone)}: {', '.join([*score_texts, *quote]) or 'no figure'}"


def _enrolment_lines(profile: CustomerProfile, owner_config: OwnerConfig) -> Iterator[str]:
    for enrolment in profile.running:
        due = (
            f", due {format_moment(enrolment.next_at, owner_config.shop.zone)}"
            if enrolment.next_at
            else ""
        )
        began = format_moment(enrolment.began_at, owner_config.shop.zone)
        yield f"{enrolment.rule}: began {began}, at step {enrolment.step}{due}"


def _mail_lines(profile: CustomerProfile, owner_config: OwnerConfig) -> Iterator[str]:
    for mail in profile.mails:
        yield f"{mail.template} of {mail.rule}"
        yield from mail_lines(mail, owner_config.shop.zone, "  ")
    if profile.mails_left_out:
        yield f"and {profile.mails_left_out} before these"
