"""Renders a customer's profile as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from engine.config.owner_config import OwnerConfig
from engine.explain.basis import describe_statement
from engine.explain.profile import CustomerProfile, SourceRecord
from regulars.terminal.explanation import customer_heading, mail_lines
from regulars.terminal.time_format import format_moment


def profile_lines(profile: CustomerProfile, owner_config: OwnerConfig) -> Iterator[str]:
    """Yields the lines of `profile` by section; a section without content is left out."""
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
    section_lines = list(lines)
    if section_lines:
        yield ""
        yield heading_text
        yield from (f"  {line}" for line in section_lines)


def _fact_lines(profile: CustomerProfile, owner_config: OwnerConfig) -> Iterator[str]:
    zone, joined_at = owner_config.shop.zone, profile.joined_at
    facts = {
        "birthday": profile.birthday,
        "language": profile.language,
        "clock": profile.timezone,
        "since": format_moment(joined_at, zone) if joined_at else None,
    }
    yield from (f"  {name}: {fact}" for name, fact in facts.items() if fact)
    yield from (f"  my {name}: {value}" for name, value in profile.custom_fields.items())


def _identity_line(identity: SourceRecord) -> str:
    tags = ", ".join(identity.tags)
    fields = ", ".join(f"{name}: {value}" for name, value in identity.custom_fields.items())
    facts = (identity.name, identity.email, identity.phone, identity.birthday, tags, fields)
    text = " · ".join(fact for fact in facts if fact) or "no more"
    return f"{identity.source} {identity.id}: {text}"


def _basis_lines(profile: CustomerProfile, owner_config: OwnerConfig) -> Iterator[str]:
    reason = f": {profile.basis.reason}" if profile.basis.reason else ""
    yield f"{profile.basis.state}{reason}"
    for statement in profile.basis.history:
        wording = f" “{statement.wording}”" if statement.wording else ""
        decides = " ← decides" if statement.decides else ""
        described = describe_statement(statement, owner_config, profile.basis.address)
        yield f"  {statement.consent}, {described}{wording}{decides}"
    if suppression := profile.suppression:
        detail = f" ({suppression.detail})" if suppression.detail else ""
        period = _suppression_period(profile, owner_config)
        yield f"nothing goes to {suppression.address}: {suppression.reason}{detail}{period}"


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
    spent = f"{purchases.spent:,f} {purchases.currency}"
    yield f"visits {purchases.visits} · orders {purchases.orders} · {spent}"
    if purchases.last_visit_at:
        yield f"last visit {format_moment(purchases.last_visit_at, zone)}"
    if purchases.expected_back_at:
        expected = format_moment(purchases.expected_back_at, zone)
        yield f"by their own rhythm expected back by {expected}"


def _points_lines(profile: CustomerProfile, owner_config: OwnerConfig) -> Iterator[str]:
    if profile.points or profile.lots:
        yield f"{profile.points}"
    for lot in profile.lots:
        zone = owner_config.shop.zone
        ending = f"end {format_moment(lot.expires_at, zone)}" if lot.expires_at else "stay"
        yield f"  {lot.remaining} of {format_moment(lot.earned_at, zone)} {ending}"


def _cart_lines(profile: CustomerProfile, owner_config: OwnerConfig) -> Iterator[str]:
    for cart in profile.carts:
        abandoned_at = format_moment(cart.left_at, owner_config.shop.zone)
        yield f"{cart.source} {cart.id}: {cart.total:,f} {cart.currency}, left {abandoned_at}"


def _answer_lines(profile: CustomerProfile, owner_config: OwnerConfig) -> Iterator[str]:
    for answer in profile.answers:
        scores = {"csat": answer.csat, "nps": answer.nps}
        score_texts = [f"{name} {score}" for name, score in scores.items() if score is not None]
        quote = [f"“{answer.words}”"] if answer.words else []
        answered_at = format_moment(answer.at, owner_config.shop.zone)
        yield f"{answered_at}: {', '.join([*score_texts, *quote]) or 'no figure'}"


def _enrolment_lines(profile: CustomerProfile, owner_config: OwnerConfig) -> Iterator[str]:
    zone = owner_config.shop.zone
    for enrolment in profile.running:
        due = f", due {format_moment(enrolment.next_at, zone)}" if enrolment.next_at else ""
        began = format_moment(enrolment.began_at, zone)
        is_place = enrolment.step[:1].isdigit()
        next_step = f"at step {enrolment.step}" if is_place else f"next: {enrolment.step}"
        yield f"{enrolment.rule}: began {began}, {next_step}{due}"


def _mail_lines(profile: CustomerProfile, owner_config: OwnerConfig) -> Iterator[str]:
    for mail in profile.mails:
        yield f"{mail.template} of {mail.rule}"
        yield from mail_lines(mail, owner_config.shop.zone, "  ")
    if profile.mails_left_out:
        yield f"and {profile.mails_left_out} before these"
