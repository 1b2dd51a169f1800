"""`regulars rules`: what each rule does, whom it has, and what it sent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regulars.terminal.options import At, Json, parse_at
from regulars.terminal.output import print_json, print_line, print_table, printable
from settings.errors import WrongUsageError

if TYPE_CHECKING:
    from engine.rules.figures import Figure, RuleFigures, RulesOverview
    from engine.rules.rule_page import RuleDetails

HEADERS = ("rule", "state", "in it now", "went through", "stopped", "sent", "before", "not sent")


def command(
    context: typer.Context,
    rule: Annotated[
        str | None, typer.Argument(help="One rule, step by step; all of them without it.")
    ] = None,
    as_json: Json = False,
    at: At = None,
) -> None:
    """Show what your rules do, who is in them, and what they sent in four weeks.

    Example: regulars rules win-back
    """
    run(context.obj, rule, now=parse_at(at), as_json=as_json)


def run(config: Path, name: str | None, *, now: datetime, as_json: bool) -> None:
    """Print the figures of all rules at `now`, or of the rule called `name`, step by step.

    Raises WrongUsageError where neither the config nor a person has a rule of this name.
    """
    from engine.open.open_shop import open_shop
    from engine.rules.document import overview_document
    from engine.rules.figures import load_rules
    from engine.rules.rule_page import details_document, load_rule
    from shop.db.engine import read_transaction

    shop = open_shop(config)
    with read_transaction(shop.engine) as connection:
        if name is None:
            overview = load_rules(connection, shop, now=now)
            print_json(overview_document(overview)) if as_json else _print_all(overview)
            return
        details = load_rule(connection, shop, name, now=now)
    if details is None:
        rules = ", ".join(shop.config.rules)
        raise WrongUsageError(f"There is no rule {name}. There are: {rules or 'none'}.")
    print_json(details_document(details)) if as_json else _print_rule(details)


def _print_all(overview: RulesOverview) -> None:
    if not overview.rules:
        print_line("config.yaml has no rules yet.")
        return
    if overview.stopped_at:
        because = f": {overview.stopped_because}" if overview.stopped_because else ""
        print_line(f"All mail is held{because}. regulars start lets it go.\n", markup=False)
    print_table(HEADERS, [_cells(rule) for rule in overview.rules], right=HEADERS[2:])
    period = overview.period
    print_line(
        f"\nMails from {period.first} until {period.last}; before: the four weeks before that."
    )


def _cells(rule: RuleFigures) -> list[str]:
    numbers = (
        rule.in_it.number, rule.done.number, rule.stopped_total, rule.sent.number,
        rule.mails_before, rule.not_sent_total,
    )  # fmt: skip
    return [printable(rule.name), rule.status.value, *(f"{number:,}" for number in numbers)]


def _print_rule(details: RuleDetails) -> None:
    rule = details.figures
    print_line(f"{rule.name}: {rule.status}", style="bold", markup=False)
    print_line(rule.sentence, markup=False)
    if rule.note and rule.note != rule.sentence:
        print_line(rule.note, markup=False)
    print_line()
    for node in details.diagram.nodes:
        margin = "  " * node.level
        branch = f"{node.branch}: " if node.branch else ""
        detail = f" ({node.detail})" if node.detail else ""
        print_line(f"{margin}{branch}{node.title}{detail}", markup=False)
        if node.figures:
            print_line(f"{margin}    {_in_words(node.figures)}", markup=False)
    mails = (rule.sent, rule.rehearsed, *rule.not_sent)
    period = details.overview.period
    print_line(
        f"\nFrom {period.first} until {period.last}: {_in_words(mails)} "
        f"(sent in the four weeks before: {rule.mails_before:,})",
        markup=False,
    )


def _in_words(figures: Iterable[Figure]) -> str:
    return " · ".join(f"{figure.number:,} {figure.word}" for figure in figures)
