"""DNS lookups over the wire, against a name server in the test process."""

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
from engine.doctor.dns import DnsError, DnsResolver

ZONE = {
    ("cafe.test.", "TXT"): ['"v=spf1 mx " "~all"', '"caf\\195\\169"'],
    ("cafe.test.", "MX"): ["10 MX.Cafe.test.", "0 ."],
    ("cafe.test.", "A"): ["192.0.2.7"],
    ("s1._domainkey.cafe.test.", "CNAME"): ["s1.domainkey.u123.wl.sendgrid.net."],
}


def answer(question: bytes) -> bytes | None:
    """Answer from `ZONE`: records, NXDOMAIN, SERVFAIL or silence."""
    query = dns.message.from_wire(question)
    question_asked = query.question[0]
    name, record_type = question_asked.name.to_text(), question_asked.rdtype.name
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.RA
    if name == "silent.test.":
        return None
    if name == "broken.test.":
        reply.set_rcode(dns.rcode.SERVFAIL)
    elif (name, record_type) in ZONE:
        reply.answer.append(
            dns.rrset.from_text_list(name, 60, "IN", record_type, ZONE[name, record_type])
        )
    elif name not in {zone_name for zone_name, _ in ZONE}:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    return reply.to_wire()


@pytest.fixture
def server() -> Iterator[DnsResolver]:
    udp_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp_socket.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                question, client = udp_socket.recvfrom(4096)
            except OSError:
                return
            if reply := answer(question):
                udp_socket.sendto(reply, client)

    Thread(target=serve, daemon=True).start()
    with closing(udp_socket):
        yield DnsResolver("127.0.0.1", udp_socket.getsockname()[1])


def test_records_are_read(server: DnsResolver) -> None:
    assert sorted(server.query("cafe.test", "TXT")) == ["café", "v=spf1 mx ~all"]
    assert sorted(server.query("cafe.test", "MX")) == ["0 .", "10 mx.cafe.test"]
    assert server.query("cafe.test", "A") == ["192.0.2.7"]
    [target] = server.query("s1._domainkey.cafe.test", "CNAME")
    assert target == "s1.domainkey.u123.wl.sendgrid.net"


def test_missing_records_and_names_yield_an_empty_list(server: DnsResolver) -> None:
    assert server.query("cafe.test", "AAAA") == []
    assert server.query("gone.test", "TXT") == []


def test_a_broken_or_silent_server_raises(
    server: DnsResolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_dns, "TIMEOUT_SECONDS", 0.5)
    for name in ("broken.test", "silent.test", "a..b", f"{'x' * 70}.test"):
        with pytest.raises(DnsError):
            server.query(name, "TXT")
