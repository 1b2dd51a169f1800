"""The doctor's checks of the shop's public address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from sqlmodel import col

from engine.doctor.address import check_address, probe_link
from engine.doctor.http import MAX_BYTES, HttpClient, UnreachableError
from engine.inbound.unsubscribe import find_link_holder
from engine.live.finding import Finding
from pages.app import create_app
from shop.tables import Basis, BasisStatement
from tests.cafe import Cafe
from tests.engine.doctor.healthy_domain import FakeResolver, error_messages, warning_messages
from tests.pages.visitors import Visitor

SHOP = """
    shop: {name: Corner Café, country: PT, language: en, currency: EUR, timezone: Europe/Lisbon,
           reply to: ana@cornercafe.com, postal address: Rua das Flores 12,
           public address: https://mail.cornercafe.com}
    sending:
      from: Ana <ana@cornercafe.com>
"""
PUBLIC = "https://mail.cornercafe.com"
Handler = Callable[[httpx.Request], httpx.Response]


def shop(test: Callable[..., None]) -> Callable[..., None]:
    test.__doc__ = SHOP
    return test


def pages_handler(cafe: Cafe) -> Handler:
    visit = Visitor(create_app(cafe.shop))

    def respond(request: httpx.Request) -> httpx.Response:
        response = visit(request.method, request.url.raw_path.decode())
        return httpx.Response(response.status_code, content=response.content)

    return respond


def check(cafe: Cafe, handler: Handler, resolver: FakeResolver | None = None) -> list[Finding]:
    return check_address(
        cafe.shop, resolver or FakeResolver(), HttpClient(httpx.MockTransport(handler))
    )


@shop
def test_working_pages_pass_and_no_opt_out_is_recorded(cafe: Cafe) -> None:
    cafe.customer("clara")
    before = cafe.select_all(model=BasisStatement)
    [finding] = check(cafe, pages_handler(cafe))
    assert (finding.kind, "shows the page to unsubscribe" in finding.message) == ("ok", True)
    assert len(cafe.select_all(model=BasisStatement)) == len(before)


@shop
def test_a_probe_link_opens_the_page_and_records_no_opt_out(cafe: Cafe) -> None:
    cafe.customer("clara")
    visit, link = Visitor(create_app(cafe.shop)), probe_link(cafe.shop, PUBLIC)
    path = link.removeprefix(PUBLIC)
    assert visit("GET", path).status_code == 200
    assert visit("POST", path).status_code == 200
    assert visit("POST", f"{path}?by=page").status_code == 200
    assert cafe.select_all(col(Basis.state)) == ["yes"]
    assert len(cafe.select_all(model=BasisStatement)) == 1


@shop
def test_a_probe_link_of_another_shop_is_invalid(cafe: Cafe) -> None:
    other_shop = replace(cafe.shop, secret="another")
    token = probe_link(other_shop, PUBLIC).rpartition("/")[2]
    assert find_link_holder(cafe.shop, token) is None
    assert find_link_holder(cafe.shop, "1.MDpkb2N0b3I.x") is None


@shop
def test_pages_with_another_secret_fail(cafe: Cafe) -> None:
    other_pages = pages_handler(cafe)
    cafe.shop = replace(cafe.shop, secret="another")
    assert "another secret" in error_messages(check(cafe, other_pages))[0]


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (httpx.Response(404, text="nginx"), "something else answers"),
        (httpx.Response(200, text="<h1>Welcome to our shop"), "something else answers"),
        (httpx.Response(301, headers={"location": "https://www."}), "sends visitors on"),
        (httpx.Response(503), "something else answers"),
    ],
)
@shop
def test_foreign_pages_fail(cafe: Cafe, response: httpx.Response, expected: str) -> None:
    assert expected in error_messages(check(cafe, lambda _: response))[0]


@shop
def test_a_failing_unsubscribe_page_fails_despite_a_good_health_check(cafe: Cafe) -> None:
    def answers(request: httpx.Request) -> httpx.Response:
        health = request.url.path == "/health"
        return httpx.Response(200, text="ok") if health else httpx.Response(503)

    assert "(status 503)" in error_messages(check(cafe, answers))[0]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (httpx.ConnectTimeout("slow"), "does not answer within 8 seconds"),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] expired"), "certificate"),
        (httpx.ConnectError("[Errno -2] Name or service not known"), "nobody knows that name"),
        (httpx.ConnectError("[Errno 111] Connection refused"), "nothing listens there"),
        (httpx.RemoteProtocolError("220 smtp"), "no web server"),
    ],
)
@shop
def test_the_reason_for_a_failed_request_is_reported(
    cafe: Cafe, error: Exception, expected: str
) -> None:
    def answers(_request: httpx.Request) -> httpx.Response:
        raise error

    [message] = error_messages(check(cafe, answers))
    assert message.startswith(f"{PUBLIC} cannot be opened")
    assert expected in message


@shop
def test_http_private_and_example_addresses_fail(cafe: Cafe) -> None:
    text = cafe.path.read_text()
    cafe.reread(text.replace("https://mail", "http://mail"))
    assert "is not https" in error_messages(check(cafe, pages_handler(cafe)))[0]
    cafe.reread(text.replace(PUBLIC, "https://192.168.1.7"))
    assert "your own network" in error_messages(check(cafe, pages_handler(cafe)))[0]
    cafe.reread(text.replace("mail.cornercafe.com", "mail.cornercafe.example"))
    assert "nobody's address" in error_messages(check(cafe, pages_handler(cafe)))[0]


@shop
def test_a_name_that_resolves_to_private_addresses_fails(cafe: Cafe) -> None:
    resolver = FakeResolver()
    resolver.records["mail.cornercafe.com", "A"] = ["192.168.1.7"]
    assert "your own network" in error_messages(check(cafe, pages_handler(cafe), resolver))[0]
    resolver.records["mail.cornercafe.com", "AAAA"] = ["2606:4700::1111"]
    assert error_messages(check(cafe, pages_handler(cafe), resolver)) == []


@shop
def test_without_pages_no_request_is_made(cafe: Cafe) -> None:
    def no_request(_request: httpx.Request) -> httpx.Response:
        raise AssertionError

    text = cafe.path.read_text()
    cafe.reread(text.replace(",\n       public address: https://mail.cornercafe.com", ""))
    assert cafe.shop.config.shop.public_address is None
    assert "nobody but you reads" in warning_messages(check(cafe, no_request))[0]
    cafe.reread(cafe.path.read_text() + "\n  mailbox: {directory: returned}")
    assert "unsubscribe by mail" in warning_messages(check(cafe, no_request))[0]


def test_a_response_is_read_up_to_a_limit() -> None:
    class Endless(httpx.SyncByteStream):
        def __iter__(self):  # type: ignore[no-untyped-def]  # httpx's own
            while True:
                yield b"x" * 10_000

    web = HttpClient(httpx.MockTransport(lambda _: httpx.Response(200, stream=Endless())))
    assert len(web.get("https://mail.cornercafe.com/").text) == MAX_BYTES
    with pytest.raises(UnreachableError):
        HttpClient().get("http://[")
