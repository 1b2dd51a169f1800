"""Which requests the owner's pages refuse: hosts, proxies, forged and oversized forms."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from pages.owner.access import forgery
from pages.owner.access.forgery import MAX_BODY_BYTES
from tests.pages.owner.browsers import PASSCODE, Browser, OwnerSitePages
from tests.pages.owner.sample_page import HOSTILE

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8801", "127.0.0.1.evil.example:8801", "localhost.evil.example",
     "127.0.0.1@evil.example", "evil.example#127.0.0.1", "0.0.0.0:8801", "192.168.1.5:8801",
     "127.0.0.1:8801/", "", "[::1", "127.0.0.1:99999x"],
)  # fmt: skip
def test_a_name_that_is_made_to_stand_for_this_machine_is_refused(
    sample_site: OwnerSitePages, host: str
) -> None:
    """DNS rebinding: even a browser with a session gets nothing under another name."""
    response = sample_site.browser.get("/health", host=host)
    assert response.status_code == 403
    assert "Corner" not in response.text


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost:8801", "localhost", "[::1]:8801"])
def test_names_of_this_machine_are_answered(sample_site: OwnerSitePages, host: str) -> None:
    assert sample_site.browser.get("/sign-in", host=host).status_code < 400


def test_where_the_pages_listen_for_other_machines_names_are_refused_still(
    sample_site: OwnerSitePages,
) -> None:
    sample_site.rebuild(listen_on="0.0.0.0")  # noqa: S104  # what the owner may write
    stranger = sample_site.stranger()
    assert stranger.get("/sign-in", host="192.168.1.5:8801").status_code == 200
    assert stranger.get("/sign-in", host="evil.example:8801").status_code == 403


@pytest.mark.parametrize(
    "header", ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded", "x-real-ip"]
)
def test_what_a_front_server_passes_on_is_refused_unless_its_address_is_known(
    sample_site: OwnerSitePages, header: str
) -> None:
    assert sample_site.browser.get("/health", **{header: "203.0.113.7"}).status_code == 403
    sample_site.rebuild(address="https://owner.cornercafe.example")
    owner = sample_site.stranger()
    owner.cookies.update(sample_site.browser.cookies)
    by_name = {header: "203.0.113.7", "host": "owner.cornercafe.example"}
    assert owner.get("/health", **by_name).status_code == 200
    assert owner.get("/health", host="other.example").status_code == 403
    origin = {"origin": "https://owner.cornercafe.example"}
    assert owner.post("/done", {"task": "1"}, **by_name, **origin).status_code == 303


def test_a_form_of_another_page_is_refused(owner_of_sample: Browser) -> None:
    owner = owner_of_sample
    token = owner.form_token
    forged = [
        ({}, {}),
        ({"form token": ""}, {}),
        ({"form token": token[:-1]}, {}),
        ({"form token": f"{token} "}, {}),
        ({"form token": token}, {"origin": "https://evil.example"}),
        ({"form token": token}, {"origin": "null"}),
        ({"form token": token}, {"origin": "http://127.0.0.1:9999"}),
        ({"form token": token}, {"sec-fetch-site": "cross-site"}),
        ({"form token": token}, {"sec-fetch-site": "same-site"}),
    ]
    for fields, headers in forged:
        response = owner.send({"task": "1", **fields}, "/done", headers)
        assert (fields, headers, response.status_code) == (fields, headers, 403)
        assert "Not from here" in response.text
    origin = {"origin": "http://127.0.0.1:8801", "sec-fetch-site": "same-origin"}
    assert owner.send({"task": "1", "form token": token}, "/done", origin).status_code == 303


@pytest.fixture
def owner_of_sample(sample_site: OwnerSitePages) -> Browser:
    sample_site.browser.get("/")
    return sample_site.browser


def test_the_token_of_another_session_is_refused(sample_site: OwnerSitePages) -> None:
    other = sample_site.stranger()
    other.sign_in()
    other.get("/")
    sample_site.browser.get("/")
    fields = {"task": "1", "form token": other.form_token}
    assert sample_site.browser.send(fields, "/done").status_code == 403


def test_the_form_of_the_passcode_needs_its_own_token(sample_site: OwnerSitePages) -> None:
    """A page elsewhere can neither use the tries up nor sign a browser in."""
    stranger = sample_site.stranger()
    assert stranger.send({"passcode": PASSCODE}, "/sign-in").status_code == 403
    stranger.get("/sign-in")
    fields = {"passcode": PASSCODE, "form token": stranger.form_token}
    elsewhere = {"origin": "https://evil.example"}
    assert stranger.send(fields, "/sign-in", elsewhere).status_code == 403
    assert stranger.send(fields, "/sign-in").status_code == 303


def test_a_form_is_read_within_limits(owner_of_sample: Browser) -> None:
    owner = owner_of_sample
    large = {"task": "x" * MAX_BODY_BYTES, "form token": owner.form_token}
    assert owner.send(large, "/done").status_code == 413
    many = b"&".join(b"a=1" for _ in range(6_000))
    assert owner.request("POST", "/done", body=many, headers=FORM).status_code == 400
    claims = FORM | {"content-length": "99999999999999999999999"}
    assert owner.request("POST", "/done", body=b"", headers=claims).status_code == 413
    for media_type in ("text/plain", "multipart/form-data; boundary=x", "application/json", ""):
        headers = {"content-type": media_type}
        assert owner.request("POST", "/done", body=b"a=1", headers=headers).status_code == 415
    assert owner.request("POST", "/done", body=b"\xff=%ff", headers=FORM).status_code == 400
    fits = {"task": "x" * (MAX_BODY_BYTES - 200), "form token": owner.form_token}
    assert owner.send(fits, "/done").status_code == 303


def test_a_link_on_another_site_is_opened_again_from_here(sample_site: OwnerSitePages) -> None:
    """A SameSite=Strict cookie does not come with the first request."""
    stranger = sample_site.stranger()
    first = stranger.get('/health?q="><script>', **{"sec-fetch-site": "cross-site"})
    assert first.status_code == 200
    assert 'content="0; url=/health?q=%22%3E%3Cscript%3E"' in first.text
    assert stranger.get("/health", **{"sec-fetch-site": "same-origin"}).status_code == 303


@pytest.mark.parametrize(
    ("button", "fields"),
    [
        ("/waiting/decide", {"mail": "a\0b", "action": "approve"}),
        ("/waiting/decide", {"mail": "a", "action": "decline", "because": "\0"}),
        ("/waiting/complaint", {"address": "\0", "kind": "real"}),
        ("/waiting/doubt", {"mail": "\0", "outcome": "went"}),
        ("/mail/stop", {"reason": "\0"}),
    ],
)
def test_a_form_with_what_no_database_holds_is_none(
    owner_site: OwnerSitePages, button: str, fields: dict[str, str]
) -> None:
    # PostgreSQL refuses the character NUL in a text.
    owner_site.browser.get("/calendar")
    assert owner_site.browser.post(button, fields).status_code == 400


def test_an_address_with_what_no_database_holds_is_that_of_nothing(
    owner_site: OwnerSitePages,
) -> None:
    for path in ("/waiting/a%00b", "/waiting/%00/content", "/rules/%00", "/customers/%00"):
        assert (path, owner_site.browser.get(path).status_code) == (path, 404)


@pytest.mark.parametrize(
    "path", ["//evil.example/", "/%2Fevil.example/", "///evil.example", "//127.0.0.1@evil.example"]
)
def test_a_link_on_another_site_leads_to_no_third_one(
    sample_site: OwnerSitePages, path: str
) -> None:
    """Browsers read a path that begins with two slashes as a host."""
    url = f"http://127.0.0.1:8801{path}"
    response = sample_site.stranger().get(url, **{"sec-fetch-site": "cross-site"})
    assert response.status_code == 303
    assert response.headers["location"].startswith("/sign-in")


def test_a_link_on_another_site_keeps_spaces_and_marks(sample_site: OwnerSitePages) -> None:
    path = "/rules/win%20back%3F%09%5Cé"
    first = sample_site.stranger().get(path, **{"sec-fetch-site": "cross-site"})
    assert 'content="0; url=/rules/win%20back%3F%09%5C%C3%A9"' in first.text


def test_a_slow_form_is_given_up(owner_of_sample: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgery, "MAX_BODY_SECONDS", 0.05)

    async def drip() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"a"
            await asyncio.sleep(0.02)

    response = owner_of_sample.request("POST", "/done", body=drip(), headers=FORM)
    assert response.status_code == 408


def test_heads_and_methods_are_limited(sample_site: OwnerSitePages) -> None:
    owner = sample_site.browser
    assert owner.get("/health", x="y" * 17_000).status_code == 431
    assert owner.get("/" + "x" * 17_000).status_code == 414
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"):
        assert owner.request(method, "/health").status_code == 405
    assert owner.request("HEAD", "/health").status_code == 200
    owner.get("/")
    assert owner.post("/health").status_code == 405


def test_each_response_says_what_the_browser_may_do(sample_site: OwnerSitePages) -> None:
    owner = sample_site.browser
    stylesheet = sample_site.browser.get("/").text.split('rel="stylesheet" href="')[1].split('"')[0]
    for path in ("/", "/nobody", "/sign-in", stylesheet):
        headers = owner.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert ("immutable" in headers["cache-control"]) is (path == stylesheet)
        assert ("no-store" in headers["cache-control"]) is (path != stylesheet)
    assert "no-store" in sample_site.stranger().get("/").headers["cache-control"]
    assert owner.get(stylesheet.replace("/static/", "/static/0")).status_code == 404
    assert owner.get("/static/x/..%2f..%2fapp.py").status_code == 404


def test_a_hostile_name_is_text(sample_site: OwnerSitePages) -> None:
    owner = sample_site.browser
    page = owner.get("/").text
    assert "<script>alert" not in page
    assert "&lt;/script&gt;&lt;script&gt;alert(1)" in page
    notice = owner.submit("/done", {"task": HOSTILE}).text
    assert "<script>alert" not in notice
    assert "Done: &lt;/script&gt;" in notice
    assert "Done:" not in owner.get("/").text  # shown once


def test_a_notice_is_signed(sample_site: OwnerSitePages) -> None:
    owner = sample_site.browser
    name = next(name for name in owner.cookies if "session" in name).replace("session", "notice")
    owner.cookies.set(name, "1.UGF5IG1l.99999999999." + "A" * 43, domain="127.0.0.1", path="/")
    assert "Pay me" not in owner.get("/").text
