"""Who opens the owner's pages: the passcode, one-time links, tries, and signing out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response

from pages.owner.access.passcode import LINK_SECONDS, OneTimeLinks, TryLimit
from pages.owner.access.session import SESSION_SECONDS, Sessions
from pages.owner.access.sign_in import own_path
from pages.owner.access.signed_out import SignedOut
from pages.owner.app import Entrance
from pages.rate_limit import RateLimit
from tests.pages.owner.browsers import PASSCODE, OwnerSitePages, words

PLANTED = f"1.cGxhbnRlZA.99999999999.{'A' * 43}"


@dataclass
class Seconds:
    """A clock in seconds that the test moves."""

    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def limit_by(clock: Seconds) -> TryLimit:
    of_device, of_client, of_all = (RateLimit(burst, burst, clock=clock) for burst in (5, 5, 20))
    return TryLimit(of_device, of_client, of_all)


def test_a_stranger_gives_the_passcode_and_comes_to_the_page(sample_site: OwnerSitePages) -> None:
    stranger = sample_site.stranger()
    page = stranger.open("/health?x=1")
    assert "Passcode" in page.text
    assert "What needs you" not in page.text
    response = stranger.post("/sign-in", {"passcode": PASSCODE, "page": "/health?x=1"})
    assert (response.status_code, response.headers["location"]) == (303, "/health?x=1")
    assert "What needs you" in stranger.get("/health?x=1").text


def test_nothing_but_the_entrance_answers_without_a_session(sample_site: OwnerSitePages) -> None:
    stranger = sample_site.stranger()
    for path in ("/", "/health", "/nobody", "/sign-out", "/%2e%2e/health", "//health"):
        response = stranger.get(path)
        assert response.status_code == 303
        assert response.headers["location"].startswith("/sign-in")
        assert "Corner" not in response.text
    assert stranger.send({}, "/done").status_code == 303


def test_a_wrong_passcode_opens_nothing(sample_site: OwnerSitePages) -> None:
    stranger = sample_site.stranger()
    for wrong in ("", "three green apple", f"{PASSCODE} ", PASSCODE.upper(), "ä" * 5_000):
        sample_site.entrance.limit.of_client = RateLimit()
        response = stranger.sign_in(wrong)
        assert response.status_code == 403
        assert "That is not the passcode." in words(response)
        assert not any("session" in name for name in stranger.cookies)


def test_five_tries_a_minute_and_then_even_the_right_passcode_waits(
    sample_site: OwnerSitePages,
) -> None:
    clock = Seconds()
    sample_site.entrance = Entrance(limit=limit_by(clock))
    sample_site.rebuild()
    stranger = sample_site.stranger("203.0.113.9")
    assert [stranger.sign_in("wrong").status_code for _ in range(6)] == [403] * 5 + [429]
    response = stranger.sign_in()
    assert (response.status_code, response.headers["retry-after"]) == (429, "60")
    clock.now += 13
    assert stranger.sign_in().status_code == 303


def test_strangers_at_many_addresses_do_not_lock_a_known_device_out(
    sample_site: OwnerSitePages,
) -> None:
    sample_site.entrance = Entrance(limit=limit_by(Seconds()))
    sample_site.rebuild()
    owner = sample_site.stranger()
    owner.sign_in()
    owner.submit("/sign-out")
    statuses = [
        sample_site.stranger(f"198.51.100.{number}").sign_in("wrong").status_code
        for number in range(30)
    ]
    assert statuses == [403] * 19 + [429] * 11
    assert sample_site.stranger("192.0.2.1").sign_in().status_code == 429
    assert owner.sign_in().status_code == 303


def test_a_one_time_link_opens_once_and_only_by_its_button(sample_site: OwnerSitePages) -> None:
    sample_site.rebuild(passcode=None)
    token = sample_site.entrance.links.create()
    scanner, owner, thief = (sample_site.stranger() for _ in range(3))
    for _ in range(3):
        assert "This link works once." in words(scanner.get(f"/link/{token}"))
    owner.get(f"/link/{token}")
    assert owner.post(f"/link/{token}").status_code == 303
    assert "What needs you" in owner.get("/health").text
    assert thief.get(f"/link/{token}").status_code == 404
    assert scanner.post(f"/link/{token}").status_code == 404
    assert "Sign out" not in thief.open("/health").text


def test_who_has_a_session_uses_a_new_link_all_the_same(sample_site: OwnerSitePages) -> None:
    owner, token = sample_site.browser, sample_site.entrance.links.create()
    owner.get(f"/link/{token}")
    assert owner.post(f"/link/{token}").status_code == 303
    assert "What needs you" in owner.get("/health").text
    assert owner.get(f"/link/{token}").status_code == 404


def test_a_link_expires_after_an_hour() -> None:
    clock = Seconds()
    links = OneTimeLinks(clock)
    token = links.create()
    clock.now += LINK_SECONDS - 1
    assert links.is_valid(token)
    clock.now += 1
    assert not links.is_valid(token)
    assert not links.use(token)
    assert not links.use("")


def test_without_a_passcode_no_form_opens_the_pages(sample_site: OwnerSitePages) -> None:
    sample_site.rebuild(passcode=None)
    stranger = sample_site.stranger()
    assert "the link that regulars serve prints" in words(stranger.open("/"))
    for text in ("", "None", PASSCODE):
        assert stranger.post("/sign-in", {"passcode": text}).status_code == 403
    assert stranger.get("/health").status_code == 303


def test_signing_out_ends_copies_of_the_cookie_too(sample_site: OwnerSitePages) -> None:
    owner, copy = sample_site.browser, sample_site.stranger()
    copy.cookies.update(owner.cookies)
    assert copy.get("/health").status_code == 200
    owner.get("/health")
    assert owner.post("/sign-out").headers["location"] == "/sign-in"
    assert owner.get("/health").status_code == 303
    assert copy.get("/health").status_code == 303


def test_a_session_that_was_ended_stays_so_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "signed-out"
    SignedOut(file).add("session of Ana", 2_000.0, now=1_000.0)
    assert SignedOut(file).contains("session of Ana", now=1_999.0)
    assert not SignedOut(file).contains("session of Ana", now=2_000.0)
    assert file.stat().st_mode & 0o077 == 0
    assert "Ana" not in file.read_text()


def test_a_session_that_was_ended_is_ended_for_other_processes(tmp_path: Path) -> None:
    """`regulars serve` and `regulars overview` may show the same shop."""
    serve, overview = (SignedOut(tmp_path / "signed-out") for _ in range(2))
    assert not serve.contains("session of Ana", now=1_000.0)
    overview.add("session of Ana", 2_000.0, now=1_000.0)
    assert serve.contains("session of Ana", now=1_001.0)
    serve.add("session of Bruno", 2_000.0, now=1_002.0)
    for process in (serve, overview, SignedOut(tmp_path / "signed-out")):
        assert process.contains("session of Ana", now=1_003.0)
        assert process.contains("session of Bruno", now=1_003.0)


def test_a_new_passcode_signs_everybody_out(sample_site: OwnerSitePages) -> None:
    owner = sample_site.browser
    sample_site.rebuild(passcode="four green apples")
    owner.app = sample_site.app
    assert owner.get("/health").status_code == 303
    assert owner.sign_in().status_code == 403
    assert owner.sign_in("four green apples").status_code == 303


def test_the_session_is_a_new_one_at_each_sign_in(sample_site: OwnerSitePages) -> None:
    """Fixation: a cookie that was there before is not taken over."""
    stranger = sample_site.stranger()
    name = next(name for name in sample_site.browser.cookies if "session" in name)
    planted = sample_site.browser.cookies[name]
    stranger.cookies.set(name, PLANTED, domain="127.0.0.1", path="/")
    assert stranger.get("/health").status_code == 303
    stranger.sign_in()
    sessions = [cookie.value for cookie in stranger.cookies.jar if cookie.name == name]
    assert len(sessions) == 1
    assert not {planted, PLANTED} & set(sessions)


def test_no_changed_cookie_opens_the_pages(sample_site: OwnerSitePages) -> None:
    name = next(name for name in sample_site.browser.cookies if "session" in name)
    device = next(name for name in sample_site.browser.cookies if "device" in name)
    cookie = sample_site.browser.cookies[name]
    version, subject, expires, signature = cookie.split(".")
    for changed in (
        "", cookie[:-1], f"{cookie}A", f"{cookie}=", cookie.replace(version, "2", 1),
        f"{version}.{subject}.{int(expires) + 1}.{signature}",
        f"{version}.{subject}.{expires}.{signature.swapcase()}",
        f"{version}.{subject[:-1]}{'B' if subject.endswith('A') else 'A'}.{expires}.{signature}",
        f"{version}..{expires}.{signature}", "....", "1" * 5_000,
        sample_site.browser.cookies[device],  # signed here, for another purpose
    ):  # fmt: skip
        response = sample_site.stranger().get("/health", cookie=f"{name}={changed}")
        assert (changed, response.status_code) == (changed, 303)
    assert sample_site.stranger().get("/health", cookie=f"{name}={cookie}").status_code == 200


def test_the_cookie_of_one_shop_opens_no_other(sample_site: OwnerSitePages) -> None:
    name = next(name for name in sample_site.browser.cookies if "session" in name)
    other = Sessions("another secret", PASSCODE)
    cookie = f"{name}={sample_site.browser.cookies[name]}; "
    cookie += f"{other.cookie_name('session')}={sample_site.browser.cookies[name]}"
    assert other.cookie_name("session") != name
    sample_site.cafe.shop = replace(sample_site.cafe.shop, secret="another secret")
    sample_site.rebuild()
    assert sample_site.stranger().get("/health", cookie=cookie).status_code == 303


def test_a_session_ends_after_fourteen_days() -> None:
    clock = Seconds()
    sessions = Sessions("a secret", PASSCODE, clock=clock)
    response = Response()
    sessions.begin(connection_with(""), response)
    cookie = response.headers.getlist("set-cookie")[0].partition(";")[0]
    clock.now += SESSION_SECONDS - 1
    assert sessions.read(connection_with(cookie)) is not None
    clock.now += 1
    assert sessions.read(connection_with(cookie)) is None


def connection_with(cookie: str) -> Request:
    headers = [(b"host", b"127.0.0.1:8801"), (b"cookie", cookie.encode())]
    return Request({"type": "http", "headers": headers, "path": "/", "scheme": "http"})


def test_the_cookie_is_kept_from_scripts_and_other_sites(sample_site: OwnerSitePages) -> None:
    response = sample_site.stranger().sign_in()
    cookies = response.headers.get_list("set-cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        attributes = {part.strip().lower() for part in cookie.split(";")}
        assert {"httponly", "samesite=strict", "path=/"} <= attributes
        assert "secure" not in attributes  # over http a browser would drop it


@pytest.mark.parametrize(
    "path",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "evil",
     "javascript:alert(1)", "/\tx", "/x\ny", "/sign-in?page=/", "/" + "x" * 2_000, ""],
)  # fmt: skip
def test_the_passcode_leads_to_no_other_site(path: str) -> None:
    assert own_path(path) == "/"
