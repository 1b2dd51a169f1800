"""Runs Regulars with the senders in tests/mail/senders/extra beside its own, in a process.

With arguments it is the command line; without any, it opens the shop in the current folder, lets
one cart be abandoned, runs a tick, and prints the doctor's findings about the sender.
"""

from __future__ import annotations

import sys
from pathlib import Path

import mail.senders

mail.senders.__path__.append(str(Path(__file__).parent / "extra"))


def run_shop() -> None:
    from engine.doctor.http import HttpClient
    from engine.doctor.provider import check_provider
    from engine.open.open_shop import open_shop
    from engine.owner.approvals import approve_mails
    from engine.run import run_tick
    from shop.db.engine import write_transaction
    from shop.ingest.source_rows import SourceRows, ingest_rows
    from tests.cafe import DAY, HOUR, MARCH
    from tests.rows import cart, cart_line, identity, statement

    shop = open_shop(Path("config.yaml"))
    run_tick(shop, now=MARCH - DAY)
    rows = SourceRows(
        identities=[identity("clara", email="clara@example.com")],
        statements=[statement("clara", "yes", MARCH - 400 * DAY)],
        carts=[cart("cart-clara", "clara", MARCH - 4 * HOUR)],
        cart_lines=[cart_line("cart-clara", 0, "Granola", 1850)],
    )
    with write_transaction(shop.engine) as connection:
        ingest_rows(connection, "online-shop", rows)
    run_tick(shop, now=MARCH)
    approve_mails(shop, None, now=MARCH)  # the first mails of a rule wait for approval
    run_tick(shop, now=MARCH)
    findings = check_provider(shop, HttpClient())
    sys.stdout.writelines(finding.message for finding in findings)


if __name__ == "__main__":
    if sys.argv[1:]:
        from regulars.cli import main

        main()
    else:
        run_shop()
