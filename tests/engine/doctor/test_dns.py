"""The name servers, asked over the wire: here one on this machine."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from threading import Thread

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from engine.doctor import dns as doctor_dns
from engine.doctor.dns import Dns, Unanswered

ZONE = {
    ("cafe.test.", "TXT"): ['"v=spf1 mx " "~all"', '"caf\\195\\169"'],
    ("cafe.test.", "MX"): ["10 MX.Cafe.test.", "0 ."],
    ("cafe.test.", "A"): ["192.0.2.7"],
    ("s1._domainkey.cafe.test.", "CNAME"): ["s1.domainkey.u123.wl.sendgrid.net."],
}


def answer(question: bytes) -> bytes | None:
    """As a server would: nothing there, no such name, or broken."""
    query = dns.message.from_wire(question)
    asked = query.question[0]
    name, sort = asked.name.to_text(), asked.rdtype.name
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.RA
    if name == "silent.test.":
        return None
    if name == "broken.test.":
        reply.set_rcode(dns.rcode.SERVFAIL)
    elif (name, sort) in ZONE:
        reply.answer.append(dns.rrset.from_text_list(name, 60, "IN", sort, ZONE[name, sort]))
    elif name not in {known for known, _ in ZONE}:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    return reply.to_wire()


@pytest.fixture
def server() -> Iterator[Dns]:
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                question, who = door.recvfrom(4096)
            except OSError:
                return
            if reply := answer(question):
                door.sendto(reply, who)

    Thread(target=serve, daemon=True).start()
    with closing(door):
        yield Dns("127.0.0.1", door.getsockname()[1])


def test_what_is_published_is_read(server: Dns) -> None:
    assert sorted(server.ask("cafe.test", "TXT")) == ["café", "v=spf1 mx ~all"]
    assert sorted(server.ask("cafe.test", "MX")) == ["0 .", "10 mx.cafe.test"]
    assert server.ask("cafe.test", "A") == ["192.0.2.7"]
    [target] = server.ask("s1._domainkey.cafe.test", "CNAME")
    assert target == "s1.domainkey.u123.wl.sendgrid.net"


def test_nothing_there_and_no_such_name_are_answers(server: Dns) -> None:
    assert server.ask("cafe.test", "AAAA") == []
    assert server.ask("gone.test", "TXT") == []


def test_a_server_that_is_broken_or_silent_says_nothing(
    server: Dns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_dns, "SECONDS", 0.5)
    for name in ("broken.test", "silent.test", "a..b", f"{'x' * 70}.test"):
        with pytest.raises(Unanswered):
            server.ask(name, "TXT")
