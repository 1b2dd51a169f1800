"""The look-alike of SendGrid on a real port: it refuses, breaks off and kills when told to."""

from __future__ import annotations

import copy
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from mail.senders.journal import recall_messages
from mail.senders.protocol import Accepted
from mail.senders.sendgrid.batches import plan_requests
from mail.senders.sendgrid.config import SendGrid
from mail.senders.sendgrid.payload import encode_request
from mail.senders.sendgrid.preflight import preflight_mail
from mail.senders.sendgrid.sender import SendGridSender
from sandbox.sendgrid.account import API_KEY
from sandbox.sendgrid.faults import Cuts, Moment, TakesAndAnswers, Waits, planned_by
from sandbox.sendgrid.server import Door, running
from sandbox.sendgrid.validation import errors
from sandbox.server import address as whereabouts
from sandbox.server import listening
from settings.errors import UnavailableError
from settings.values import Secret
from tests.killed_process import killed
from tests.mail.senders.sendgrid_account import HOLDER, mails_to

ROOT = Path(__file__).parents[2]


def payload(people: int = 6) -> Any:
    (request,) = plan_requests([preflight_mail(mail) for mail in mails_to(people)], 250)
    return orjson.loads(encode_request(request.skeleton, request.recipients))


def change(path: str, value: Any) -> Callable[[Any], None]:
    def changed(body: Any) -> None:
        *way, last = (int(part) if part.isdigit() else part for part in path.split("."))
        for part in way:
            body = body[part]
        body[last] = value

    return changed


REFUSED = [
    (change("personalizations", []), "personalizations"),
    (change("personalizations.2.to", []), "personalizations.2.to"),
    (change("personalizations.3.to", [{"email": "guest000@example.com"}]), "personalizations.3"),
    (change("personalizations.1.to.0.email", "clara"), "personalizations.1.to.0.email"),
    (change("personalizations.1.to.0.email", "jörg@x.example"), "personalizations.1.to.0.email"),
    (change("personalizations.1.to.0.name", "A, B"), "personalizations.1.to.0.name"),
    (change("personalizations.4.subject", ""), "personalizations.4.subject"),
    (change("personalizations.4.subject", "a\nb"), "personalizations.4.subject"),
    (change("personalizations.4.headers", {"Subject": "x"}), "personalizations.4.headers"),
    (change("personalizations.4.substitutions", {"-a-": 1}), "personalizations.4.substitutions"),
    (change("personalizations.4.substitutions", {"-a-": "é" * 5000}),
     "personalizations.4.substitutions"),
    (change("personalizations.4.custom_args", {"id": 1}), "personalizations.4.custom_args"),
    (change("from.email", "ana"), "from.email"),
    (change("content", []), "content"),
    (change("content.0.value", ""), "content.0.value"),
    (lambda body: body["content"].reverse(), "content"),
    (change("colour", "red"), "colour"),
]  # fmt: skip


def test_what_we_send_it_takes() -> None:
    assert errors(payload()) == []


@pytest.mark.parametrize(("spoil", "where"), REFUSED)
def test_it_names_the_place_of_what_it_refuses(spoil: Callable[[Any], None], where: str) -> None:
    body = copy.deepcopy(payload())
    spoil(body)
    assert where in [field for _, field in errors(body)]


def test_a_thousand_and_one_are_too_many() -> None:
    body = payload()
    one = body["personalizations"][0]
    body["personalizations"] = [
        one | {"to": [{"email": f"guest{n}@example.com"}]} for n in range(1001)
    ]
    assert [field for _, field in errors(body)] == ["personalizations"]


def account(address: str, key: str = API_KEY) -> SendGrid:
    return SendGrid(api_key=Secret(key), address=address, mails_per_request=10)


def test_it_takes_a_whole_delivery_over_one_connection(tmp_path: Path) -> None:
    door = Door()
    with running(door) as address, SendGridSender(account(address), tmp_path).delivery(
        HOLDER
    ) as delivery:  # fmt: skip
        assert len(list(delivery.send(mails_to(31)))) == 31
    assert door.connections == 1
    assert door.faults.requests == 4


def test_a_late_answer_is_an_answer(tmp_path: Path) -> None:
    door = Door()
    door.faults.on(1, Waits(0.05))
    with running(door) as address, SendGridSender(account(address), tmp_path).delivery(
        HOLDER
    ) as delivery:  # fmt: skip
        assert list(delivery.send(mails_to(1))) == [Accepted("guest000")]


BEFORE_THE_END = [Cuts(one) for one in Moment if one is not Moment.AFTER_ANSWER]


@pytest.mark.parametrize("fault", [*BEFORE_THE_END, TakesAndAnswers(500)])
def test_a_line_that_is_cut_leaves_one_request_in_doubt(tmp_path: Path, fault: Any) -> None:
    assert sent_until_it_broke(tmp_path, fault) == (11, 10)


def test_cut_after_the_answer_the_next_request_takes_a_new_connection(tmp_path: Path) -> None:
    """Or it was on its way at that moment: then it is the one in doubt."""
    known: set[tuple[int, int]] = set()
    for one in range(10):
        known.add(sent_until_it_broke(tmp_path / str(one), Cuts(Moment.AFTER_ANSWER)))
        if (31, 0) in known:
            break
    assert {(31, 0)} <= known <= {(31, 0), (21, 10)}


def sent_until_it_broke(folder: Path, fault: Any) -> tuple[int, int]:
    """Of 31 mails in four requests: how many SendGrid has, and how many it may have."""
    door = Door()
    door.faults.on(3, fault)
    broken = ""
    with running(door) as address:
        sender = SendGridSender(account(address), folder)
        with sender.delivery(HOLDER) as delivery:
            try:
                told = list(delivery.send(mails_to(31)))
            except UnavailableError as trouble:
                broken = str(trouble)
    if not broken:
        return len(told), 0
    assert "in doubt" in broken
    known = sender.recall(dict.fromkeys((mail.message_id for mail in mails_to(31)), HOLDER))
    assert {one.id for one in door.account.arrived} <= known.accepted | known.in_doubt
    return len(known.accepted), len(known.in_doubt)


def test_it_stops_without_a_word_while_somebody_is_still_connected(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with running(Door()) as address:
        client = httpx.Client(base_url=address)
        assert client.get("/look-alike/arrived").json() == []
    client.close()
    assert "Exception" not in caplog.text


def test_where_nobody_listens_nothing_is_in_doubt(tmp_path: Path) -> None:
    with running(Door()) as address:
        pass
    sender = SendGridSender(account(address), tmp_path)
    with sender.delivery(HOLDER) as delivery, pytest.raises(UnavailableError, match="be reached"):
        list(delivery.send(mails_to(3)))
    assert not sender.recall({"guest000": HOLDER}).in_doubt


def test_a_door_that_speaks_no_tls_is_not_reached(tmp_path: Path) -> None:
    with listening(0) as door:
        door.listen()
        threading.Thread(target=speaks_plainly, args=(door,), daemon=True).start()
        sender = SendGridSender(account(whereabouts(door).replace("http:", "https:")), tmp_path)
        with (
            sender.delivery(HOLDER) as delivery,
            pytest.raises(UnavailableError, match="be reached"),
        ):
            list(delivery.send(mails_to(3)))
    assert not sender.recall({"guest000": HOLDER}).in_doubt


def speaks_plainly(door: socket.socket) -> None:
    came, _ = door.accept()
    came.recv(1)
    came.sendall(b"HTTP/1.1 400 Plain\r\n\r\n")
    came.close()


@contextmanager
def child(*words: str) -> Iterator[subprocess.Popen[str]]:
    started = subprocess.Popen(
        [sys.executable, *words],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("request_", [1, 3])
def test_killed_at_any_moment_one_request_at_most_is_in_doubt(
    tmp_path: Path, moment: Moment, request_: int
) -> None:
    """Both as processes of their own; 31 mails in requests of 1, 10, 10 and 10."""
    ledger, journals = tmp_path / "ledger", tmp_path / "handed-over"
    with child("-m", "sandbox.sendgrid", str(ledger)) as service:
        assert service.stdout
        told = json.loads(service.stdout.readline())["sendgrid"]

        def send(holder: str) -> None:
            sendgrid = SendGrid(
                api_key=Secret(told["api key"]), address=told["address"], mails_per_request=10
            )
            with SendGridSender(sendgrid, journals).delivery(holder) as delivery:
                list(delivery.send(mails_to(31)))

        def plan(process: int) -> None:
            what = {"kill": process, "moment": moment, "after": request_ - 1}
            httpx.post(f"{told['address']}/look-alike/plan", json=what).raise_for_status()

        holder = killed(send, plan)
        taken = httpx.get(f"{told['address']}/look-alike/arrived").json()
    assert (ledger.read_text().split() if ledger.exists() else []) == taken
    ids = [mail.message_id for mail in mails_to(31)]
    known = recall_messages(journals, dict.fromkeys(ids, holder))
    assert known.accepted <= set(taken) <= known.accepted | known.in_doubt
    # Once it has its answer, the next request may have begun before the signal comes.
    assert len(known.in_doubt) in (0, 1, 10)
    assert moment is Moment.AFTER_ANSWER or known.in_doubt


@pytest.mark.parametrize(
    "said", [{"kill": 1}, {"cut": "now"}, {}, {"answer": "yes"}, {"kill": 1, "moment": "x"}]
)
def test_a_fault_that_does_not_exist_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"fault|Moment"):
        planned_by(said)
