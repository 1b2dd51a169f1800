"""The command line. Commands import their rooms when called: `check` must not pay for Prefect."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer

from connectors.setup_registry import setups
from regulars.groups import owner, people, safety
from regulars.groups.start import init
from regulars.terminal import gc_tuning
from regulars.terminal.log import LogFormat
from regulars.terminal.options import At, Json, parameter_name, parse_at, with_options
from settings.errors import RegularsError

INTERRUPTED = 130
INTERNAL_ERROR = 70  # sysexits.h EX_SOFTWARE

app = typer.Typer(
    name="regulars",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Brings a small shop's customers back.\n\nExample: regulars demo",
)

points = typer.Typer(no_args_is_help=True, help="The points that customers collect.")
app.add_typer(points, name="points")
app.add_typer(owner.app)
app.add_typer(people.app)
app.add_typer(safety.app)


@app.callback()
def options(
    context: typer.Context,
    config: Annotated[
        Path, typer.Option("--config", metavar="PATH", help="The owner's file.")
    ] = Path("config.yaml"),
) -> None:
    """Which shop."""
    context.obj = config


app.command()(init)


@app.command()
def demo(context: typer.Context) -> None:
    """Fill a café with customers, read it like a real shop, and rehearse its mails.

    Example: regulars demo
    """
    from regulars.commands.demo import run

    run(context.obj)


@app.command()
def check(context: typer.Context, as_json: Json = False) -> None:
    """Read the owner's file and its templates; name every mistake, change nothing.

    Example: regulars check
    """
    from regulars.commands.check import run

    run(context.obj, as_json=as_json)


@app.command()
def doctor(context: typer.Context, as_json: Json = False) -> None:
    """Look whether your mail will arrive: domain, public address, mails, mail service, machine.

    Sends no mail. Status 1 where something is wrong.

    Example: regulars doctor
    """
    from regulars.commands.doctor import run

    run(context.obj, as_json=as_json)


@app.command()
def schema() -> None:
    """Print the JSON Schema of the owner's file, for editors that complete and check it.

    Example: regulars schema > config.schema.json
    """
    from regulars.commands.check import print_schema

    print_schema()


def _port_options() -> dict[str, Any]:
    """Return an option for the port of each platform's sandbox server."""
    return {
        parameter_name(setup.sandbox.port_option): Annotated[
            int | None,
            typer.Option(setup.sandbox.port_option, min=0, max=65535, help=setup.sandbox.help),
        ]
        for setup in setups()
        if setup.sandbox
    }


@app.command()
@with_options({"ports": _port_options()})
def sandbox(
    customers: Annotated[int, typer.Option(min=1, max=200_000, help="How many customers.")] = 300,
    seed: Annotated[int, typer.Option(help="The same seed makes the same café.")] = 7,
    **ports: int | None,
) -> None:
    """Serve the demo's café as its platforms would, on this machine only, until stopped.

    Prints one JSON line that says where, and serves until SIGTERM.

    Example: regulars sandbox --customers 1000
    """
    from regulars.commands.sandbox import serve_sandbox

    by_platform = {
        setup.name: ports[parameter_name(setup.sandbox.port_option)]
        for setup in setups()
        if setup.sandbox
    }
    serve_sandbox(customers=customers, seed=seed, ports=by_platform)


@app.command()
def sync(
    context: typer.Context,
    source: Annotated[str | None, typer.Argument(help="Only this source.")] = None,
    as_json: Json = False,
    at: At = None,
) -> None:
    """Read what is new from every source.

    Example: regulars sync online-shop
    """
    from regulars.commands.sync_run import sync as run

    run(context.obj, only=source, now=parse_at(at), as_json=as_json)


@app.command()
def run(context: typer.Context, as_json: Json = False, at: At = None) -> None:
    """Look at the rules once and deliver what is due. Does not sync.

    Example: regulars run --at 2026-03-03T10:00:00+00:00
    """
    from regulars.commands.sync_run import run as run_once

    run_once(context.obj, now=parse_at(at), as_json=as_json)


@app.command()
def waiting(context: typer.Context, as_json: Json = False, at: At = None) -> None:
    """List the mails that wait for your word.

    Example: regulars waiting
    """
    from regulars.commands.approve import show_waiting

    show_waiting(context.obj, now=parse_at(at), as_json=as_json)


@app.command()
def approve(
    context: typer.Context,
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID|RULE", help="Mails, by the beginning of their id, or rules."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that wait.")] = False,
    at: At = None,
) -> None:
    """Let mails go that wait for your word; the next run sends them.

    Example: regulars approve we-miss-you
    """
    from regulars.commands.approve import approve_messages

    approve_messages(context.obj, what or [], everything=everything, now=parse_at(at))


@app.command()
def decline(
    context: typer.Context,
    what: Annotated[
        list[str],
        typer.Argument(metavar="ID|RULE", help="Mails, by the beginning of their id, or rules."),
    ],
    because: Annotated[str, typer.Option(metavar="TEXT", help="Why, kept with the mail.")] = "",
    at: At = None,
) -> None:
    """Keep mails from ever going that wait for your word, and what would follow them.

    Example: regulars decline 3f9c21ab --because "She told me at the counter."
    """
    from regulars.commands.approve import decline_messages

    decline_messages(context.obj, what, because=because, now=parse_at(at))


@app.command()
def reach(context: typer.Context, as_json: Json = False, at: At = None) -> None:
    """Count the customers, and how many of them may be mailed.

    Example: regulars reach
    """
    from regulars.commands.reach import run as count

    count(context.obj, now=parse_at(at), as_json=as_json)


@app.command("set-aside")
def set_aside(context: typer.Context, as_json: Json = False) -> None:
    """List the records that could not be used, and why.

    Example: regulars set-aside
    """
    from regulars.commands.set_aside import run

    run(context.obj, as_json=as_json)


@app.command()
def pages(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 8800,
    host: Annotated[
        str, typer.Option(help="Another address of this machine to listen on.")
    ] = "127.0.0.1",
) -> None:
    """Serve the page behind the unsubscribe links, until stopped.

    Example: regulars pages --port 8800
    """
    from regulars.commands.pages import run

    run(context.obj, host=host, port=port)


@app.command()
def serve(
    context: typer.Context,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the pages; 0 takes any free one.")
    ] = 8800,
    host: Annotated[
        str, typer.Option(help="Another address of this machine for the pages to listen on.")
    ] = "127.0.0.1",
    without_pages: Annotated[bool, typer.Option("--without-pages", help="No pages.")] = False,
    log: Annotated[
        LogFormat, typer.Option(help="Lines for people, or a JSON document each.")
    ] = LogFormat.TEXT,
) -> None:
    """Sync, look at the rules, send, and serve the pages, all on their schedules, until stopped.

    Example: regulars serve --port 8800
    """
    from regulars.commands.serve import run
    from regulars.commands.serve_pages import PagesAddress

    run(
        context.obj,
        pages_address=None if without_pages else PagesAddress(host, port),
        log_format=log,
    )


@app.command()
def chaos(
    kills: Annotated[int, typer.Option(min=1, max=100_000, help="How many, over all.")] = 100,
    seed: Annotated[int, typer.Option(help="The same seed plans the same deaths.")] = 7,
    through: Annotated[
        str | None, typer.Option(help="One sender instead of all: outbox, smtp or sendgrid.")
    ] = None,
    postgres: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A server on which databases may be made, too."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Kill deliveries, over and over, on mail that reaches nobody, and count what became of it.

    Needs no shop and touches none. Status 3 where a mail went twice or was lost.

    Example: regulars chaos --kills 50
    """
    from regulars.commands.chaos import run

    run(kills=kills, seed=seed, through=through, postgres=postgres, as_json=as_json)


@points.command()
def verify(context: typer.Context, as_json: Json = False) -> None:
    """Add every customer's points up anew and name whoever's do not come to the same.

    Example: regulars points verify
    """
    from regulars.commands.reach import verify_points

    verify_points(context.obj, as_json=as_json)


@app.command()
def preview(
    context: typer.Context,
    letter: Annotated[str | None, typer.Argument(help="A template, or all of the file's.")] = None,
    customer: Annotated[
        str | None, typer.Option(help="Written to this e-mail address instead of an example.")
    ] = None,
    at: At = None,
) -> None:
    """Write mails as they would look into preview/, for an example or for one customer.

    Example: regulars preview cart-reminder
    """
    from regulars.commands.preview import run

    run(context.obj, template=letter, customer=customer, now=parse_at(at))


def main() -> None:
    """Every trouble ends as a sentence on standard error and a status that scripts can read."""
    gc_tuning.collect_rarely()
    try:
        app()
    except RegularsError as error:
        print(error, file=sys.stderr)  # noqa: T201  # the sentence is the answer
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception:  # noqa: BLE001  # an owner is told where it is written down, not shown it
        print(_write_crash_log(traceback.format_exc()), file=sys.stderr)  # noqa: T201
        sys.exit(INTERNAL_ERROR)


def _write_crash_log(details: str) -> str:
    """For whoever looks after the shop: readable by its owner alone."""
    try:
        log = Path(".regulars") / "crash.log"
        log.parent.mkdir(exist_ok=True)
        log.touch(mode=0o600)
        log.write_text(details)
    except OSError:
        return "This should not have happened, and its details could not be written down."
    return f"This should not have happened. What was sent is recorded; the details are in {log}."
