"""SendGrid's sandbox server on a real port: refusals, dropped connections, kills."""

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
from sandbox.sendgrid.faults import RequestStage, parse_fault
from sandbox.sendgrid.server import SendGridServer, running_sendgrid
from sandbox.sendgrid.validation import find_errors
from sandbox.server import listening_socket
from sandbox.server import server_address as whereabouts
from settings.errors import UnavailableError
from settings.values import Secret
from tests.faults.sendgrid import AcceptedWithStatus, DelayedResponse, DroppedConnection
from tests.killed_process import run_and_kill
from tests.mail.senders.sendgrid_account import HOLDER, mails_to

ROOT = Path(__file__).parents[2]


def payload(people: int = 6) -> Any:
    (request,) = plan_requests([preflight_mail(mail) for mail in mails_to(people)], 250)
    return orjson.loads(encode_request(request.skeleton, request.recipients))


def set_field(path: str, value: Any) -> Callable[[Any], None]:
    def apply_change(body: Any) -> None:
        *parents, field = (int(part) if part.isdigit() else part for part in path.split("."))
        for part in parents:
            body = body[part]
        body[field] = value

    return apply_change


REFUSED = [
    (set_field("personalizations", []), "personalizations"),
    (set_field("personalizations.2.to", []), "personalizations.2.to"),
    (set_field("personalizations.3.to", [{"email": "guest000@example.com"}]), "personalizations.3"),
    (set_field("personalizations.1.to.0.email", "clara"), "personalizations.1.to.0.email"),
    (set_field("personalizations.1.to.0.email", "jörg@x.example"), "personalizations.1.to.0.email"),
    (set_field("personalizations.1.to.0.name", "A, B"), "personalizations.1.to.0.name"),
    (set_field("personalizations.4.subject", ""), "personalizations.4.subject"),
    (set_field("personalizations.4.subject", "a\nb"), "personalizations.4.subject"),
    (set_field("personalizations.4.headers", {"Subject": "x"}), "personalizations.4.headers"),
    (set_field("personalizations.4.substitutions", {"-a-": 1}), "personalizations.4.substitutions"),
    (set_field("personalizations.4.substitutions", {"-a-": "é" * 5000}),
     "personalizations.4.substitutions"),
    (set_field("personalizations.4.custom_args", {"id": 1}), "personalizations.4.custom_args"),
    (set_field("from.email", "ana"), "from.email"),
    (set_field("content", []), "content"),
    (set_field("content.0.value", ""), "content.0.value"),
    (lambda body: body["content"].reverse(), "content"),
    (set_field("colour", "red"), "colour"),
]  # fmt: skip


def test_what_we_send_it_takes() -> None:
    assert find_errors(payload()) == []


@pytest.mark.parametrize(("spoil", "path"), REFUSED)
def test_it_names_the_place_of_what_it_refuses(spoil: Callable[[Any], None], path: str) -> None:
    body = copy.deepcopy(payload())
    spoil(body)
    assert path in [field for _, field in find_errors(body)]


def test_a_thousand_and_one_are_too_many() -> None:
    body = payload()
    personalization = body["personalizations"][0]
    body["personalizations"] = [
        personalization | {"to": [{"email": f"guest{n}@example.com"}]} for n in range(1001)
    ]
    assert [field for _, field in find_errors(body)] == ["personalizations"]


def sendgrid_config(address: str, key: str = API_KEY) -> SendGrid:
    return SendGrid(api_key=Secret(key), address=address, mails_per_request=10)


def test_it_takes_a_whole_delivery_over_one_connection(tmp_path: Path) -> None:
    server = SendGridServer()
    with (
        running_sendgrid(server) as address,
        SendGridSender(sendgrid_config(address), tmp_path).delivery(HOLDER) as delivery,
    ):
        assert len(list(delivery.send(mails_to(31)))) == 31
    assert server.connections == 1
    assert server.faults.requests == 4


def test_a_late_answer_is_an_answer(tmp_path: Path) -> None:
    server = SendGridServer()
    server.faults.on(1, DelayedResponse(0.05))
    with (
        running_sendgrid(server) as address,
        SendGridSender(sendgrid_config(address), tmp_path).delivery(HOLDER) as delivery,
    ):
        assert list(delivery.send(mails_to(1))) == [Accepted("guest000")]


UNANSWERED_FAULTS = [
    DroppedConnection(one) for one in RequestStage if one is not RequestStage.AFTER_ANSWER
]


@pytest.mark.parametrize("fault", [*UNANSWERED_FAULTS, AcceptedWithStatus(500)])
def test_a_line_that_is_cut_leaves_one_request_in_doubt(tmp_path: Path, fault: Any) -> None:
    assert send_until_error(tmp_path, fault) == (11, 10)


def test_cut_after_the_answer_the_next_request_takes_a_new_connection(tmp_path: Path) -> None:
    """If the next request had begun at that moment, it is in doubt."""
    outcomes: set[tuple[int, int]] = set()
    for attempt in range(10):
        outcomes.add(
            send_until_error(tmp_path / str(attempt), DroppedConnection(RequestStage.AFTER_ANSWER))
        )
        if (31, 0) in outcomes:
            break
    assert {(31, 0)} <= outcomes <= {(31, 0), (21, 10)}


def send_until_error(folder: Path, fault: Any) -> tuple[int, int]:
    """Send 31 mails in four requests; returns how many SendGrid has and how many it may have."""
    server = SendGridServer()
    server.faults.on(3, fault)
    error_message = ""
    with running_sendgrid(server) as address:
        sender = SendGridSender(sendgrid_config(address), folder)
        with sender.delivery(HOLDER) as delivery:
            try:
                outcomes = list(delivery.send(mails_to(31)))
            except UnavailableError as error:
                error_message = str(error)
    if not error_message:
        return len(outcomes), 0
    assert "in doubt" in error_message
    recalled = sender.recall(dict.fromkeys((mail.message_id for mail in mails_to(31)), HOLDER))
    assert {
        received_mail.id for received_mail in server.account.received
    } <= recalled.accepted | recalled.in_doubt
    return len(recalled.accepted), len(recalled.in_doubt)


def test_it_stops_quietly_while_a_client_is_still_connected(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with running_sendgrid(SendGridServer()) as address:
        client = httpx.Client(base_url=address)
        assert client.get("/sandbox/received").json() == []
    client.close()
    assert "Exception" not in caplog.text


def test_on_a_closed_port_nothing_is_in_doubt(tmp_path: Path) -> None:
    with running_sendgrid(SendGridServer()) as address:
        pass
    sender = SendGridSender(sendgrid_config(address), tmp_path)
    with sender.delivery(HOLDER) as delivery, pytest.raises(UnavailableError, match="be reached"):
        list(delivery.send(mails_to(3)))
    assert not sender.recall({"guest000": HOLDER}).in_doubt


def test_a_port_that_speaks_no_tls_is_not_reached(tmp_path: Path) -> None:
    with listening_socket(0) as sock:
        sock.listen()
        threading.Thread(target=answer_without_tls, args=(sock,), daemon=True).start()
        sender = SendGridSender(
            sendgrid_config(whereabouts(sock).replace("http:", "https:")), tmp_path
        )
        with (
            sender.delivery(HOLDER) as delivery,
            pytest.raises(UnavailableError, match="be reached"),
        ):
            list(delivery.send(mails_to(3)))
    assert not sender.recall({"guest000": HOLDER}).in_doubt


def answer_without_tls(sock: socket.socket) -> None:
    connection, _ = sock.accept()
    connection.recv(1)
    connection.sendall(b"HTTP/1.1 400 Plain\r\n\r\n")
    connection.close()


@contextmanager
def child_process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("stage", RequestStage)
@pytest.mark.parametrize("request_", [1, 3])
def test_killed_at_any_moment_one_request_at_most_is_in_doubt(
    tmp_path: Path, stage: RequestStage, request_: int
) -> None:
    """Client and server are processes; 31 mails go in requests of 1, 10, 10 and 10."""
    ledger, journals = tmp_path / "ledger", tmp_path / "handed-over"
    with child_process("-m", "sandbox.sendgrid", str(ledger)) as service:
        assert service.stdout
        details = json.loads(service.stdout.readline())["sendgrid"]

        def send(holder: str) -> None:
            sendgrid = SendGrid(
                api_key=Secret(details["api key"]), address=details["address"], mails_per_request=10
            )
            with SendGridSender(sendgrid, journals).delivery(holder) as delivery:
                list(delivery.send(mails_to(31)))

        def plan(process: int) -> None:
            document = {"kill": process, "moment": stage, "after": request_ - 1}
            httpx.post(f"{details['address']}/sandbox/plan", json=document).raise_for_status()

        lease_owner = run_and_kill(send, plan)
        received = httpx.get(f"{details['address']}/sandbox/received").json()
    assert (ledger.read_text().split() if ledger.exists() else []) == received
    ids = [mail.message_id for mail in mails_to(31)]
    recalled = recall_messages(journals, dict.fromkeys(ids, lease_owner))
    assert recalled.accepted <= set(received) <= recalled.accepted | recalled.in_doubt
    # After the response, the next request may have begun before the signal arrives.
    assert len(recalled.in_doubt) in (0, 1, 10)
    assert stage is RequestStage.AFTER_ANSWER or recalled.in_doubt


@pytest.mark.parametrize(
    "document", [{"kill": 1}, {"cut": "now"}, {}, {"answer": "yes"}, {"kill": 1, "moment": "x"}]
)
def test_a_fault_that_does_not_exist_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"fault|RequestStage"):
        parse_fault(document)
