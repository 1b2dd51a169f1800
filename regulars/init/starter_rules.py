"""The rules of a new shop: those that its sources support and no other service covers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from regulars.init.answers import BIRTHDAYS, CARTS, Answers, CsvFile, PlatformAnswers


@dataclass(frozen=True)
class StarterRule:
    """The YAML of one rule and its templates; commented out if `disabled_because` is set."""

    text: str
    templates: tuple[str, ...] = ()
    disabled_because: str | None = None


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
UNHAPPY = """\
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
POINTS_EXPIRING = """\
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
SOURCE_LATER = "take the # away together with that of its source"
MAILED_BY_OTHERS = "somebody else mails this already; two would be one too many"
SCORES = {"csat": "csat: at most 2", "nps": "nps: at most 6"}


def starter_rules(answers: Answers) -> list[StarterRule]:
    """Returns the rules for `answers`, by priority for the cap."""
    return [*_purchase_rules(answers), *_survey_rules(answers), *_points_rules(answers),
            StarterRule(WELCOME, ("welcome",))]  # fmt: skip


def _purchase_rules(answers: Answers) -> Iterator[StarterRule]:
    platforms = answers.platforms
    csv_contents = {source.holds for source in answers.readable_files}
    with_carts = [platform for platform in platforms if platform.setup.has_carts]
    if with_carts:
        carts_later = all(platform.later for platform in with_carts)
        disabled_because = _disabled_because(CARTS, answers, later=carts_later)
        yield StarterRule(CART, ("cart-reminder",), disabled_because)
    later = bool(platforms) and all(platform.later for platform in platforms)
    if platforms or "orders" in csv_contents:
        yield StarterRule(
            LAPSED,
            ("we-miss-you",),
            SOURCE_LATER if later and "orders" not in csv_contents else None,
        )
    birthdays_in_csv = any("birthday" in source.columns for source in answers.readable_files)
    if platforms or birthdays_in_csv:
        disabled_because = _disabled_because(
            BIRTHDAYS, answers, later=later and not birthdays_in_csv
        )
        yield StarterRule(BIRTHDAY, ("birthday",), disabled_because)


def _disabled_because(kind: str, answers: Answers, *, later: bool) -> str | None:
    if kind in answers.others_mail:
        return MAILED_BY_OTHERS
    return SOURCE_LATER if later else None


def _survey_rules(answers: Answers) -> Iterator[StarterRule]:
    score = next(filter(None, map(_score_condition, answers.readable_files)), None)
    if score:
        yield StarterRule(UNHAPPY.format(score=score), ("sorry-from-the-owner",))


def _score_condition(csv_file: CsvFile) -> str | None:
    if csv_file.holds != "answers":
        return None
    return next(
        (condition for column, condition in SCORES.items() if column in csv_file.columns), None
    )


def _points_rules(answers: Answers) -> Iterator[StarterRule]:
    if points_platform(answers):
        yield StarterRule(POINTS, ("points-earned",))
        yield StarterRule(POINTS_EXPIRING, ("points-expiring",))


def points_platform(answers: Answers) -> PlatformAnswers | None:
    """Return the platform that runs a programme of points, if one does."""
    return next(
        (platform for platform in answers.platforms if platform.points and not platform.later), None
    )
