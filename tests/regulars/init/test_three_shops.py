"""Three shops from their exports to a first rehearsed e-mail: twelve answers, no line edited."""

from __future__ import annotations

import asyncio
import email
import email.policy
import os
import pty
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from select import POLLIN, poll

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from engine.open.open_shop import OpenShop, open_shop
from engine.run import run_tick
from engine.sync.sync import sync_all
from regulars.init.interview import interview
from regulars.init.probe import World
from regulars.init.terminal_user import Owner
from regulars.init.write_files import write_shop_files
from settings.questions import Question
from shop.db.engine import read_transaction
from shop.tables import Basis, Customer, Order, Refund
from tests.flows.processes import environment, regulars
from tests.regulars.init.three_shops import LOGO, NOW, SHOPS, ThreeShop, write_files

MOST_ANSWERS = 12
PROMPT = b"> "
# Of the ground for the mail, at its end.
WORDS = {"en": "You get this", "de": "Sie", "pt": "Recebe"}


@dataclass
class Typist:
    """Types the lines of a shop, then Enter, and counts the answers."""

    lines: list[str]
    answers: int = 0
    asked: list[str] = field(default_factory=list)

    def __call__(self, question: Question) -> str:
        self.answers += 1
        self.asked.append(question.text)
        return self.lines.pop(0) if self.lines else ""


def initialised(shop: ThreeShop, folder: Path) -> tuple[OpenShop, Typist]:
    """Return the shop that a typed interview makes, after its first sync."""
    write_files(shop, folder)
    typist = Typist([*shop.typed])
    answers = interview(Owner(typist, lambda _: None), World(), folder, {})
    write_shop_files(folder / "config.yaml", answers)
    opened = open_shop(folder / "config.yaml")
    asyncio.run(sync_all(opened, now=NOW))
    return opened, typist


@pytest.mark.parametrize("name", SHOPS)
def test_a_shop_reaches_its_first_mail_from_its_exports(name: str, tmp_path: Path) -> None:
    shop = SHOPS[name]()
    opened, typist = initialised(shop, tmp_path)
    text = (tmp_path / "config.yaml").read_text()
    assert typist.answers <= MOST_ANSWERS, typist.asked
    assert consent_of(opened) == shop.truth.consent
    assert orders_of(opened) == (shop.truth.visits, shop.truth.total, shop.truth.refunded)
    mails = first_mails(opened, shop.truth.days)
    assert mails
    for mail in mails:
        assert mail["To"].addresses[0].addr_spec in shop.truth.first_mail
        first_name = mail["To"].addresses[0].addr_spec.partition(".")[0].capitalize()
        plain = mail.get_body(("plain",))
        assert plain is not None
        assert first_name in plain.get_content()
        assert WORDS[shop.language] in plain.get_content()
        assert_in_its_colours(mail, shop)
    assert (tmp_path / "config.yaml").read_text() == text


def assert_in_its_colours(mail: EmailMessage, shop: ThreeShop) -> None:
    """The mail has the shop's colour, and shows the picture of its logo, which it contains."""
    html = mail.get_body(("html",))
    assert html is not None
    assert shop.colour in html.get_content()
    [picture] = [part for part in mail.walk() if part.get_content_maintype() == "image"]
    assert picture.get_content() == shop.files[LOGO]
    assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in html.get_content()


def consent_of(shop: OpenShop) -> dict[str, str]:
    query = (
        select(col(Customer.email), col(Basis.state))
        .select_from(Customer)
        .outerjoin(Basis, col(Basis.customer_id) == col(Customer.id))
    )
    with read_transaction(shop.engine) as connection:
        return {address: state or "none" for address, state in connection.execute(query)}


def orders_of(shop: OpenShop) -> tuple[int, int, int]:
    """Return the visits, their sum, and the sum of refunds."""
    visits = select(func.count(), func.sum(col(Order.total))).where(col(Order.counts))
    with read_transaction(shop.engine) as connection:
        count, total = connection.execute(visits).one()
        refunded = connection.scalar(select(func.coalesce(func.sum(col(Refund.total)), 0)))
    return int(count), int(total), int(refunded or 0)


def first_mails(shop: OpenShop, days: int) -> list[EmailMessage]:
    """Return the mails of the first day on which there is one, within `days`."""
    run_tick(shop, now=NOW)
    for day in range(1, days + 1):
        run_tick(shop, now=NOW + timedelta(days=day))
        if files := sorted((shop.folder / "outbox").glob("*.eml")):
            return [parsed_mail(file) for file in files]
    return []


def parsed_mail(file: Path) -> EmailMessage:
    mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


@pytest.mark.soak
@pytest.mark.parametrize("name", SHOPS)
def test_the_same_typed_at_a_terminal(name: str, tmp_path: Path) -> None:
    shop = SHOPS[name]()
    write_files(shop, tmp_path)
    answers, output = type_init(tmp_path, [*shop.typed])
    assert answers <= MOST_ANSWERS, output
    for day in range(shop.truth.days + 1):
        at = (NOW + timedelta(days=day)).isoformat()
        completed = regulars(tmp_path, "run", "--at", at)
        assert completed.returncode == 0, completed.stderr
        if files := sorted((tmp_path / "outbox").glob("*.eml")):
            break
    assert files
    recipients = {parsed_mail(file)["To"].addresses[0].addr_spec for file in files}
    assert recipients <= shop.truth.first_mail


def type_init(folder: Path, lines: list[str]) -> tuple[int, str]:
    """Type `lines`, then Enter, at each prompt of `regulars init`; return how often, and all."""
    terminal, other_side = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "regulars", "init", "--at", NOW.isoformat()],
        cwd=folder, env={**environment(), "TERM": "dumb"}, stdin=other_side, stdout=other_side,
        stderr=other_side, start_new_session=True,
    )  # fmt: skip
    os.close(other_side)
    output, answers, unread, poller = b"", 0, b"", poll()
    poller.register(terminal, POLLIN)
    with suppress(OSError):  # raised when the other side of a terminal is closed
        while True:
            if poller.poll(60_000):
                chunk = os.read(terminal, 4096)
                output, unread = output + chunk, unread + chunk
            if unread.endswith(PROMPT):
                line = lines.pop(0) if lines else ""
                os.write(terminal, f"{line}\n".encode())
                answers, unread = answers + 1, b""
    assert process.wait(120) == 0, output.decode()
    os.close(terminal)
    return answers, output.decode()
