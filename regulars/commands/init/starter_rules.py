"""The rules a shop begins with: those that its sources can know, and that nobody else keeps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from regulars.commands.init.answers import BIRTHDAYS, CARTS, Answers, Rows


@dataclass(frozen=True)
class Beginning:
    """One rule as it is written; where there is a `why_not`, as a comment."""

    text: str
    letters: tuple[str, ...] = ()
    why_not: str | None = None


CART = """\
abandoned-cart:                 # three hours after a basket was left
  when: cart abandoned
  for: 3 hours
  then:
    - send: cart-reminder
  stop when: order placed
"""
LAPSED = """\
we-miss-you:                    # away for longer than is usual for this very customer
  when: no visit
  for: longer than usual
  if:
    visits: at least 3
  then:
    - send: we-miss-you
      # with: {treat: a gift, valid for: 14 days}
  stop when: visit
  # A rule looks forward. For those who have stayed away before today, too:
  # include backlog: up to 20 per day
"""
BIRTHDAY = """\
birthday:
  when: birthday
  in: 3 days
  then:
    - send: birthday
      # with: {treat: a gift, valid for: 14 days}
"""
SORRY = """\
unhappy-customer:               # you read the letter before it goes
  when: survey answered
  if:
    {score}
  then:
    - task: Call this customer today
      due in: 1 day
    - send: sorry-from-the-owner
      approve first: yes
"""
POINTS = """\
points-earned:                  # at most once a week
  when: points earned
  then:
    - send: points-earned
"""
ENDING = """\
points-expiring:
  when: points expire
  in: 30 days
  then:
    - send: points-expiring
  stop when: points spent
"""
WELCOME = """\
welcome:                        # to whoever says yes to your mail
  when: subscribed
  then:
    - send: welcome
"""
LATER = "take the # away together with that of its source"
OTHERS = "somebody else mails this already; two would be one too many"
SCORES = {"csat": "csat: at most 2", "nps": "nps: at most 6"}


def beginning(answers: Answers) -> list[Beginning]:
    """In the order in which one customer's mails come first."""
    return [*_about_buying(answers), *_about_answers(answers), *_about_points(answers),
            Beginning(WELCOME, ("welcome",))]  # fmt: skip


def _about_buying(answers: Answers) -> Iterator[Beginning]:
    shop, till = answers.online_shop, answers.till
    here = {one.holds for one in answers.files}
    if shop:
        yield Beginning(CART, ("cart-reminder",), _why_not(CARTS, answers, later=shop.later))
    platforms = [one for one in (shop, till) if one]
    later = bool(platforms) and all(one.later for one in platforms)
    if platforms or "orders" in here:
        yield Beginning(LAPSED, ("we-miss-you",), LATER if later and "orders" not in here else None)
    listed = any("birthday" in one.columns for one in answers.files)
    if platforms or listed:
        why_not = _why_not(BIRTHDAYS, answers, later=later and not listed)
        yield Beginning(BIRTHDAY, ("birthday",), why_not)


def _why_not(what: str, answers: Answers, *, later: bool) -> str | None:
    if what in answers.others_mail:
        return OTHERS
    return LATER if later else None


def _about_answers(answers: Answers) -> Iterator[Beginning]:
    score = next(filter(None, map(_score, answers.files)), None)
    if score:
        yield Beginning(SORRY.format(score=score), ("sorry-from-the-owner",))


def _score(rows: Rows) -> str | None:
    if rows.holds != "answers":
        return None
    return next((said for column, said in SCORES.items() if column in rows.columns), None)


def _about_points(answers: Answers) -> Iterator[Beginning]:
    till = answers.till
    if till and till.points and not till.later:
        yield Beginning(POINTS, ("points-earned",))
        yield Beginning(ENDING, ("points-expiring",))
