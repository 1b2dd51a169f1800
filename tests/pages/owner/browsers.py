"""Test helper: browsers of the owner's pages, over ASGI or in chromium."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import httpx
from starlette.types import ASGIApp

from engine.config.owner_pages import OwnerPages
from engine.open.open_shop import OpenShop
from pages.owner.app import PAGES, Entrance, Page, create_owner_app
from pages.server import listening_socket
from settings.values import Secret
from tests.cafe import Cafe
from tests.pages.visitors import FakeClock
from tests.pages.visitors import served as serve_on

PASSCODE = "three green apples"
HOST = "127.0.0.1:8801"
FORM_TOKEN = re.compile(r'name="form token" value="([^"]+)"')


@dataclass
class Browser:
    """Keeps cookies, follows redirects as a browser does, and adds the token to its forms."""

    app: ASGIApp
    address: str = "127.0.0.1"
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)
    form_token: str = ""

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Returns the response to a GET, without following a redirect."""
        return self.request("GET", path, headers=headers)

    def open(self, path: str) -> httpx.Response:
        """Returns the page at `path`, after redirects."""
        response = self.get(path)
        while response.is_redirect:
            response = self.get(response.headers["location"])
        return response

    def post(
        self, path: str, fields: Mapping[str, Any] | None = None, **headers: str
    ) -> httpx.Response:
        """Returns the response to a form with the token of the page that was opened last."""
        return self.send({"form token": self.form_token, **(fields or {})}, path, headers)

    def submit(self, path: str, fields: Mapping[str, Any] | None = None) -> httpx.Response:
        """Returns the page after a form, following its redirect."""
        response = self.post(path, fields)
        return self.open(response.headers["location"]) if response.is_redirect else response

    def send(
        self, fields: Mapping[str, Any], path: str, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Returns the response to a form of exactly these `fields`."""
        body = urlencode(fields, doseq=True).encode()
        form = {"content-type": "application/x-www-form-urlencoded"}
        return self.request("POST", path, body=body, headers=form | dict(headers or {}))

    def request(
        self, method: str, path: str, *, body: Any = b"", headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        response = asyncio.run(self._request(method, path, body, headers or {}))
        token = FORM_TOKEN.search(response.text)
        self.form_token = token[1] if token else self.form_token
        return response

    async def _request(
        self, method: str, path: str, body: Any, headers: Mapping[str, str]
    ) -> httpx.Response:
        transport = httpx.ASGITransport(
            self.app, raise_app_exceptions=False, client=(self.address, 4711)
        )
        async with httpx.AsyncClient(
            transport=transport, base_url=f"http://{HOST}", cookies=self.cookies
        ) as client:
            response = await client.request(method, path, content=body, headers=dict(headers))
            self.cookies = client.cookies
        return response

    def sign_in(self, passcode: str = PASSCODE) -> httpx.Response:
        """Returns the response to the form of the passcode."""
        self.get("/sign-in")
        return self.post("/sign-in", {"passcode": passcode})


@dataclass
class OwnerSitePages:
    """The café's owner pages: `browser` is signed in, `stranger()` is not."""

    cafe: Cafe
    clock: FakeClock = field(default_factory=FakeClock)
    entrance: Entrance = field(default_factory=Entrance)
    pages: Sequence[Page] = PAGES

    def __post_init__(self) -> None:
        self.rebuild()
        self.browser = self.stranger()
        self.browser.sign_in()

    def rebuild(self, passcode: str | None = PASSCODE, **settings: Any) -> None:
        """Builds the application again, as when the config has changed."""
        shop = with_passcode(self.cafe.shop, passcode, **settings)
        self.app = create_owner_app(shop, self.entrance, clock=self.clock, pages=self.pages)

    def stranger(self, address: str = "127.0.0.1") -> Browser:
        """Returns a browser without a session."""
        return Browser(self.app, address)

    @contextmanager
    def served(self) -> Iterator[str]:
        """Serves the pages on a port, and yields their address."""
        with listening_socket("127.0.0.1", 0) as listener, serve_on(self.app, listener) as address:
            yield address

    def cookies(self, address: str) -> list[dict[str, Any]]:
        """Returns the cookies of the signed-in browser, as Playwright takes them."""
        return [
            {"name": name, "value": text, "url": address}
            for name, text in self.browser.cookies.items()
        ]


def with_passcode(shop: OpenShop, passcode: str | None = PASSCODE, **settings: Any) -> OpenShop:
    """Returns `shop` with a `pages:` block."""
    secret = Secret(passcode, "REGULARS_PASSCODE") if passcode else None
    block = OwnerPages(passcode=secret, **settings)
    return replace(shop, config=shop.config.model_copy(update={"pages": block}))


def words(response: httpx.Response) -> str:
    """Returns the visible text of a page in one line."""
    text = re.sub(r"<(script|style|title).*?</\1>|<[^>]+>", " ", response.text, flags=re.DOTALL)
    return re.sub(r" (?=[.,:])", "", " ".join(html.unescape(text).split()))
