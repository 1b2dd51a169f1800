"""Failures of delivery leak no key and no address into logs, output or Prefect."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.open.open_shop import open_shop
from engine.owner.approvals import approve_mails
from engine.run import run_tick
from sandbox.sendgrid.account import Account
from sandbox.sendgrid.server import SendGridServer, running_sendgrid
from sandbox.smtp.server import ServerState, sink
from shop.db.engine import open_database
from tests.cafe import FILE, HOUR, MARCH, Cafe
from tests.faults.sendgrid import FixedResponse
from tests.flows.processes import Prefect, run_in_fork

KEY = "SG.hush-hush-7"
PASSWORD = "hush-hush-8"
ADDRESS = "clara@example.com"
RULES = """
rules:
  abandoned-cart:
    when: cart abandoned
    for: 3 hours
    then: [{send: cart-reminder}]
    include backlog: yes
"""


def cafe_sending(folder: Path, database: Path, sending: str) -> Cafe:
    """Returns a café with Clara's approved cart mail and the given `sending` block."""
    shutil.copy(database, folder / "regulars.db")
    (folder / ".env").write_text(f"THE_KEY={KEY}\nTHE_PASSWORD={PASSWORD}\n")
    engine = open_database("sqlite:///regulars.db", base_folder=folder)
    cafe = Cafe(engine, folder, RULES)
    cafe.customer("clara")
    cafe.cart("clara", MARCH - 3 * HOUR)
    cafe.path.write_text(f"{FILE}{sending}{RULES}")
    cafe.shop = open_shop(cafe.path)
    run_tick(cafe.shop, now=MARCH, with_delivery=False)
    approve_mails(cafe.shop, None, now=MARCH)
    engine.dispose()
    return cafe


def sendgrid(address: str) -> str:
    return f"  through: sendgrid\n  sendgrid: {{api key: $THE_KEY, address: '{address}'}}\n"


def smtp(port: int) -> str:
    return (
        "  through: smtp\n"
        f"  smtp: {{server: 127.0.0.1, port: {port}, encryption: none,"
        " user: $THE_PASSWORD, password: $THE_PASSWORD}\n"
    )


def public_files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Yields all files except .env and the database, with their content."""
    for path in folder.rglob("*"):
        is_private = path.name == ".env" or path.name.startswith("regulars.db")
        if path.is_file() and not is_private:
            yield path, path.read_bytes()


def check_no_secret_leaks(cafe: Cafe, sentence: str, prefect: Prefect) -> None:
    completed = run_in_fork(cafe.path.parent, "run", "--at", MARCH.isoformat(), prefect=prefect)
    output = completed.stdout + completed.stderr
    assert completed.returncode == 3, output
    assert sentence in output
    folders = (cafe.path.parent, prefect.home)
    files = [file for folder in folders for file in public_files(folder)]
    contents = [("what it said", output.encode()), *files]
    assert prefect.home / "prefect.db" in dict(files)
    for source, content in contents:
        for secret in (KEY, PASSWORD, ADDRESS):
            assert secret.encode() not in content, f"{secret} in {source}"


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (FixedResponse(401), "api key"),
        (FixedResponse(500, body=f'{{"errors":[{{"message":"{ADDRESS}"}}]}}'.encode()), "doubt"),
    ],
    ids=["the key is refused", "an error that quotes her address"],
)
def test_sendgrid_errors_leak_neither_key_nor_address(
    fault: FixedResponse, sentence: str, tmp_path: Path, prepared_sqlite: Path, prefect: Prefect
) -> None:
    sandbox = SendGridServer(Account(key=KEY))
    sandbox.faults.on(1, fault)
    with running_sendgrid(sandbox) as address:
        check_no_secret_leaks(
            cafe_sending(tmp_path, prepared_sqlite, sendgrid(address)), sentence, prefect
        )


def test_a_refused_smtp_login_leaks_no_password(
    tmp_path: Path, prepared_sqlite: Path, prefect: Prefect
) -> None:
    """The sandbox mail server offers no login."""
    with sink(ServerState(tmp_path / "counted")) as port:
        check_no_secret_leaks(cafe_sending(tmp_path, prepared_sqlite, smtp(port)), "smtp", prefect)
    assert not (tmp_path / "counted").exists()
