"""`regulars why`: explains for each rule why a customer was mailed or was not."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from regulars.terminal.options import At, Customer, Json, parse_at
from regulars.terminal.output import print_json


def command(
    context: typer.Context,
    customer: Customer,
    rule: Annotated[str | None, typer.Argument(help="Only this rule.")] = None,
    as_json: Json = False,
    at: At = None,
) -> None:
    """Tell why a customer was mailed or was not, clause by clause. Changes nothing.

    Example: regulars why clara@example.com we-miss-you
    """
    run(context.obj, customer, rule, now=parse_at(at), as_json=as_json)


def run(config: Path, customer: str, rule: str | None, *, now: datetime, as_json: bool) -> None:
    """Print the explanation for `customer` and `rule`, or for every rule if it is None.

    Raises WrongUsageError for an unknown customer or rule.
    """
    from engine.explain.explain import explain_customer
    from engine.explain.model import to_document
    from engine.open.read_only import open_read_only
    from regulars.terminal.explanation import explanation_lines, print_explanation
    from shop.db.engine import read_transaction

    shop = open_read_only(config)
    with read_transaction(shop.engine) as connection:
        explanation = explain_customer(connection, shop, customer, rule, now=now)
    if as_json:
        print_json(to_document(explanation))
    else:
        print_explanation(explanation_lines(explanation, shop.config.shop.zone))
