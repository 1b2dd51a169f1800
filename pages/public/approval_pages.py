"""Draws the pages behind the links of the morning letter. They are English, as the letter is."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import HTMLResponse, Response

from engine.open.open_shop import OpenShop
from mail.render.layout_facts import page_variables
from mail.render.page_environment import PageEnvironment
from mail.render.template_limits import fill
from pages.owner.headers import MAIL_POLICY
from pages.render import FOLDER, SHOP_FACTS
from pages.responses import CONTENT_POLICY, PRIVACY_HEADERS
from templates.language import ENGLISH, LAYOUTS, OWNER_FOLDER

TEMPLATES = OWNER_FOLDER / "links"


class ApprovalPages:
    """The pages of one shop, in its colours."""

    def __init__(self, shop: OpenShop) -> None:
        self._environment = PageEnvironment([TEMPLATES, LAYOUTS / FOLDER], language=ENGLISH.code)
        facts = {name: getattr(shop.config.shop, name) for name in SHOP_FACTS}
        look = page_variables(ENGLISH, shop.appearance, data_addresses=True)
        self._variables = {"shop": facts, **look}
        self._images = "; img-src data:" if shop.appearance.logo else ""

    def draw(self, name: str, variables: Mapping[str, Any], status: int = 200) -> Response:
        """Returns the page of template `name`; it may show frames of these pages."""
        nonce = secrets.token_urlsafe(16)
        template = self._environment.get_template(f"{name}.html")
        html = fill(template, {**self._variables, **variables, "nonce": nonce})
        policy = f"{CONTENT_POLICY}; style-src 'nonce-{nonce}'; frame-src 'self'{self._images}"
        return HTMLResponse(html, status, PRIVACY_HEADERS | {"Content-Security-Policy": policy})

    def message(self, heading: str, sentences: Sequence[str], status: int = 200) -> Response:
        """Returns a page that only says something."""
        return self.draw("message", {"heading": heading, "sentences": sentences}, status)

    def mail(self, html: str) -> Response:
        """Returns a mail for a sandboxed frame of these pages: it runs and sends nothing."""
        return HTMLResponse(html, 200, PRIVACY_HEADERS | {"Content-Security-Policy": MAIL_POLICY})
