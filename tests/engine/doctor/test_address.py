"""Whether customers get to the pages behind the links in their mails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from sqlmodel import col

from engine.doctor.address import look, probe
from engine.doctor.http import MOST_READ, Unreachable, Web
from engine.inbound.unsubscribe import leaver
from engine.live.finding import Finding
from pages.app import public_pages
from shop.tables import Basis, BasisStatement
from tests.cafe import Cafe
from tests.engine.doctor.world import Published, warned, wrong
from tests.pages.visitors import Visitor

SHOP = """
    shop: {name: Corner Café, country: PT, currency: EUR, timezone: Europe/Lisbon,
           reply to: ana@cornercafe.com, postal address: Rua das Flores 12,
           public address: https://mail.cornercafe.com}
    sending:
      from: Ana <ana@cornercafe.com>
"""
PUBLIC = "https://mail.cornercafe.com"
Answers = Callable[[httpx.Request], httpx.Response]


def shop(test: Callable[..., None]) -> Callable[..., None]:
    test.__doc__ = SHOP
    return test


def pages_of(cafe: Cafe) -> Answers:
    visit = Visitor(public_pages(cafe.shop))

    def answer(request: httpx.Request) -> httpx.Response:
        found = visit(request.method, request.url.raw_path.decode())
        return httpx.Response(found.status_code, content=found.content)

    return answer


def looked(cafe: Cafe, answers: Answers, names: Published | None = None) -> list[Finding]:
    return look(cafe.shop, names or Published(), Web(httpx.MockTransport(answers)))


@shop
def test_pages_that_answer_are_well_and_nobody_leaves_by_looking(cafe: Cafe) -> None:
    cafe.customer("clara")
    before = cafe.all(of=BasisStatement)
    [found] = looked(cafe, pages_of(cafe))
    assert (found.kind, "shows the page to unsubscribe" in found.what) == ("ok", True)
    assert len(cafe.all(of=BasisStatement)) == len(before)


@shop
def test_a_link_signed_for_nobody_shows_the_page_and_nobody_leaves_by_it(cafe: Cafe) -> None:
    cafe.customer("clara")
    visit, link = Visitor(public_pages(cafe.shop)), probe(cafe.shop, PUBLIC)
    path = link.removeprefix(PUBLIC)
    assert visit("GET", path).status_code == 200
    assert visit("POST", path).status_code == 200
    assert visit("POST", f"{path}?by=page").status_code == 200
    assert cafe.all(col(Basis.state)) == ["yes"]
    assert len(cafe.all(of=BasisStatement)) == 1


@shop
def test_a_link_that_others_signed_for_nobody_shows_nothing(cafe: Cafe) -> None:
    others = replace(cafe.shop, secret="another")
    token = probe(others, PUBLIC).rpartition("/")[2]
    assert leaver(cafe.shop, token) is None
    assert leaver(cafe.shop, "1.MDpkb2N0b3I.x") is None


@shop
def test_pages_with_another_secret_are_wrong(cafe: Cafe) -> None:
    others = pages_of(cafe)
    cafe.shop = replace(cafe.shop, secret="another")
    assert "another secret" in wrong(looked(cafe, others))[0]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (httpx.Response(404, text="nginx"), "something else answers"),
        (httpx.Response(200, text="<h1>Welcome to our shop"), "something else answers"),
        (httpx.Response(301, headers={"location": "https://www."}), "sends visitors on"),
        (httpx.Response(503), "something else answers"),
    ],
)
@shop
def test_what_is_not_our_page_is_wrong(cafe: Cafe, answer: httpx.Response, said: str) -> None:
    assert said in wrong(looked(cafe, lambda _: answer))[0]


@shop
def test_a_page_that_fails_behind_a_door_that_is_well_is_wrong(cafe: Cafe) -> None:
    def answers(request: httpx.Request) -> httpx.Response:
        health = request.url.path == "/health"
        return httpx.Response(200, text="ok") if health else httpx.Response(503)

    assert "(status 503)" in wrong(looked(cafe, answers))[0]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (httpx.ConnectTimeout("slow"), "does not answer within 8 seconds"),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] expired"), "certificate"),
        (httpx.ConnectError("[Errno -2] Name or service not known"), "nobody knows that name"),
        (httpx.ConnectError("[Errno 111] Connection refused"), "nothing listens there"),
        (httpx.RemoteProtocolError("220 smtp"), "no web server"),
    ],
)
@shop
def test_why_an_address_cannot_be_opened_is_said(cafe: Cafe, error: Exception, said: str) -> None:
    def answers(_request: httpx.Request) -> httpx.Response:
        raise error

    [what] = wrong(looked(cafe, answers))
    assert what.startswith(f"{PUBLIC} cannot be opened")
    assert said in what


@shop
def test_an_address_without_a_certificate_or_out_of_sight_is_wrong(cafe: Cafe) -> None:
    text = cafe.path.read_text()
    cafe.reread(text.replace("https://mail", "http://mail"))
    assert "is not https" in wrong(looked(cafe, pages_of(cafe)))[0]
    cafe.reread(text.replace(PUBLIC, "https://192.168.1.7"))
    assert "your own network" in wrong(looked(cafe, pages_of(cafe)))[0]
    cafe.reread(text.replace("mail.cornercafe.com", "mail.cornercafe.example"))
    assert "nobody's address" in wrong(looked(cafe, pages_of(cafe)))[0]


@shop
def test_a_name_that_only_the_office_knows_is_wrong(cafe: Cafe) -> None:
    names = Published()
    names.rows["mail.cornercafe.com", "A"] = ["192.168.1.7"]
    assert "your own network" in wrong(looked(cafe, pages_of(cafe), names))[0]
    names.rows["mail.cornercafe.com", "AAAA"] = ["2606:4700::1111"]
    assert wrong(looked(cafe, pages_of(cafe), names)) == []


@shop
def test_without_pages_nothing_is_asked_of_them(cafe: Cafe) -> None:
    def nobody(_request: httpx.Request) -> httpx.Response:
        raise AssertionError

    text = cafe.path.read_text()
    cafe.reread(text.replace(",\n       public address: https://mail.cornercafe.com", ""))
    assert cafe.shop.file.shop.public_address is None
    assert "nobody but you reads" in warned(looked(cafe, nobody))[0]
    cafe.reread(cafe.path.read_text() + "\n  mailbox: {directory: returned}")
    assert "unsubscribe by mail" in warned(looked(cafe, nobody))[0]


def test_only_the_beginning_of_an_answer_is_read() -> None:
    class Endless(httpx.SyncByteStream):
        def __iter__(self):  # type: ignore[no-untyped-def]  # httpx's own
            while True:
                yield b"x" * 10_000

    web = Web(httpx.MockTransport(lambda _: httpx.Response(200, stream=Endless())))
    assert len(web.get("https://mail.cornercafe.com/").text) == MOST_READ
    with pytest.raises(Unreachable):
        Web().get("http://[")
