"""The commands by which an owner takes a hand: hold mail, end a rule's, settle a doubt."""

from __future__ import annotations

from typing import Annotated

import typer

from regulars.terminal.options import At, Json, parse_at

app = typer.Typer()
doubt = typer.Typer(no_args_is_help=True, help="Mails that may have gone, or not.")
app.add_typer(doubt, name="doubt")

Because = Annotated[str, typer.Option(metavar="TEXT", help="Why, kept with it.")]
Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="An e-mail address.")]
Ids = Annotated[
    list[str], typer.Argument(metavar="ID", help="Mails, by the beginning of their id.")
]


@app.command()
def stop(context: typer.Context, because: Because = "", at: At = None) -> None:
    """Hold all mail, from the next one on, until you say start.

    Example: regulars stop --because "The till sent wrong names."
    """
    from regulars.commands.pause import hold_mail

    hold_mail(context.obj, None, because=because, now=parse_at(at))


@app.command()
def pause(
    context: typer.Context,
    rule: Annotated[str, typer.Argument(help="A rule of the file.")],
    because: Because = "",
    at: At = None,
) -> None:
    """Hold the mail of one rule until you say start RULE; it goes on finding people.

    Example: regulars pause we-miss-you
    """
    from regulars.commands.pause import hold_mail

    hold_mail(context.obj, rule, because=because, now=parse_at(at))


@app.command()
def start(
    context: typer.Context,
    rule: Annotated[str | None, typer.Argument(help="A rule; without it, all mail.")] = None,
) -> None:
    """Let mail go again that you had held; what has become too late by then does not.

    Example: regulars start
    """
    from regulars.commands.pause import resume_mail

    resume_mail(context.obj, rule)


@app.command()
def cancel(
    context: typer.Context,
    rule: Annotated[str, typer.Argument(help="A rule, in the file or no longer.")],
    at: At = None,
) -> None:
    """End all that a rule has begun: its waiting mails, and what would follow those that went.

    Example: regulars cancel we-miss-you
    """
    from regulars.commands.pause import cancel_rule as end

    end(context.obj, rule, now=parse_at(at))


@app.command()
def oops(
    context: typer.Context,
    rule: Annotated[str, typer.Argument(help="A rule, in the file or no longer.")],
    since: Annotated[
        str | None,
        typer.Option(metavar="LENGTH|TIME", help="From when on; without it, the last 7 days."),
    ] = None,
    saying: Annotated[
        str, typer.Option(metavar="TEXT", help="A sentence of yours in each correction.")
    ] = "",
    as_json: Json = False,
    at: At = None,
) -> None:
    """After a wrong mail: hold its rule, list who got it, and draft a correction to each.

    The corrections wait for your word.

    Example: regulars oops we-miss-you --saying "The free cake was meant for May."
    """
    from regulars.commands.oops import run

    run(context.obj, rule, since=since, saying=saying, now=parse_at(at), as_json=as_json)


@app.command()
def suppress(
    context: typer.Context,
    address: Annotated[
        str | None, typer.Argument(metavar="ADDRESS", help="Without one, they are listed.")
    ] = None,
    because: Because = "",
    as_json: Json = False,
    at: At = None,
) -> None:
    """Send nothing to an address any more, whoever it belongs to; or list such addresses.

    Example: regulars suppress bruno@example.com --because "He asked me at the counter."
    """
    from regulars.commands.pause import suppress_address

    suppress_address(context.obj, address, because=because, now=parse_at(at), as_json=as_json)


@app.command()
def unsuppress(
    context: typer.Context, address: Address, because: Because = "", at: At = None
) -> None:
    """Let mail go to an address again; not to one that complained.

    Example: regulars unsuppress bruno@example.com --because "He made room in his mailbox."
    """
    from regulars.commands.pause import unsuppress_address

    unsuppress_address(context.obj, address, because=because, now=parse_at(at))


@app.command()
def tasks(context: typer.Context, as_json: Json = False, at: At = None) -> None:
    """List what rules ask you to do yourself, the most urgent first.

    Example: regulars tasks
    """
    from regulars.commands.tasks import show

    show(context.obj, now=parse_at(at), as_json=as_json)


@app.command()
def done(
    context: typer.Context,
    numbers: Annotated[list[int], typer.Argument(metavar="NUMBER", help="Tasks, by number.")],
    at: At = None,
) -> None:
    """Tick off what you have done.

    Example: regulars done 12
    """
    from regulars.commands.tasks import mark_done

    mark_done(context.obj, numbers, now=parse_at(at))


@app.command()
def morning(
    context: typer.Context,
    send: Annotated[
        bool, typer.Option("--send", help="Send it to your own address, once a day at most.")
    ] = False,
    at: At = None,
) -> None:
    """Read what went since yesterday, what waits, and which regulars to say hello to.

    Example: regulars morning
    """
    from regulars.commands.digest import run

    run(context.obj, send_now=send, now=parse_at(at))


@doubt.command("list")
def list_doubt(context: typer.Context, as_json: Json = False) -> None:
    """List the mails whose sending was broken off while they were handed over.

    Example: regulars doubt list
    """
    from regulars.commands.doubt import show

    show(context.obj, as_json=as_json)


@doubt.command("settle")
def settle_doubt(
    context: typer.Context,
    ids: Ids,
    went: Annotated[bool, typer.Option("--went", help="They arrived.")] = False,
    lost: Annotated[bool, typer.Option("--lost", help="They did not, and need not.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Send them again.")] = False,
    at: At = None,
) -> None:
    """Say what became of mails in doubt, or have them sent once more.

    Example: regulars doubt settle 3f9c21ab --went
    """
    from regulars.commands.doubt import settle

    settle(context.obj, ids, went=went, lost=lost, again=again, now=parse_at(at))
