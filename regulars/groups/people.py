"""The commands about customers: `why`, `customers show`, and the card that brings new ones."""

from __future__ import annotations

from typing import Annotated

import typer

from regulars.terminal.options import At, Json, parse_at

app = typer.Typer()
customers = typer.Typer(no_args_is_help=True, help="The people who buy.")
app.add_typer(customers, name="customers")

Whom = Annotated[
    str, typer.Argument(metavar="CUSTOMER", help="An e-mail address, a number, or a phone.")
]


@app.command()
def why(
    context: typer.Context,
    customer: Whom,
    rule: Annotated[str | None, typer.Argument(help="Only this rule.")] = None,
    as_json: Json = False,
    at: At = None,
) -> None:
    """Tell why a customer was mailed or was not, clause by clause. Changes nothing.

    Example: regulars why clara@example.com we-miss-you
    """
    from regulars.commands.why import run

    run(context.obj, customer, rule, now=parse_at(at), as_json=as_json)


@customers.command("show")
def show(context: typer.Context, customer: Whom, as_json: Json = False, at: At = None) -> None:
    """Show all that is known of one customer. Changes nothing.

    Example: regulars customers show clara@example.com
    """
    from regulars.commands.customers import run

    run(context.obj, customer, now=parse_at(at), as_json=as_json)


@app.command("till-card")
def till_card(
    context: typer.Context,
    words: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Above the code, in words of your own.")
    ] = None,
) -> None:
    """Draw a card for the till, to print: the code that leads to your sign-up page.

    Example: regulars till-card
    """
    from regulars.commands.till_card import run

    run(context.obj, words=words)
