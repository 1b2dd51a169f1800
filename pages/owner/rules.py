"""The pages Rules and of one rule: what each does, whom it has, and what went out."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.owner.pause import pause_mail, resume_mail
from engine.rules.diagram import Diagram
from engine.rules.figures import RuleStatus, load_rules
from engine.rules.rule_mail import find_mail, mail_languages, render_mail
from engine.rules.rule_page import RuleDetails, load_rule
from engine.rules.written import read_file_state, read_rule_lines
from mail.render.renderer import RenderError
from pages.owner.headers import mail_response
from pages.owner.site import NavEntry, OwnerSite
from settings.errors import WrongUsageError

NAV: NavEntry | None = NavEntry("Rules", "/rules")
CHIPS = {
    RuleStatus.ON: "good",
    RuleStatus.PAUSED: "warning",
    RuleStatus.STARVED: "bad",
    RuleStatus.REMOVED: "quiet",
}
MAIL_FAILED = Markup("<!doctype html><title>Mail</title><p>{}</p>")
MAX_REASON = 300  # characters of why a rule is paused
MAX_ID = 18  # digits


def routes(site: OwnerSite) -> list[Route]:
    """Returns the routes of both pages, of a mail's rendering, and of the buttons."""
    page = RulesPage(site)
    return [
        Route("/rules", page.show_all),
        Route("/rules/{rule}", page.show),
        Route("/rules/{rule}/mails/{place}", page.show_mail),
        Route("/rules/{rule}/pause", page.pause, methods=["POST"]),
        Route("/rules/{rule}/start", page.start, methods=["POST"]),
        Route("/mail/stop", page.stop_all, methods=["POST"]),
        Route("/mail/start", page.start_all, methods=["POST"]),
    ]


class RulesPage:
    """The handlers."""

    def __init__(self, site: OwnerSite) -> None:
        self._site = site

    def show_all(self, request: Request) -> Response:
        """The list of all rules."""
        now = self._site.now()
        with self._site.read() as connection:
            overview = load_rules(connection, self._site.shop, now=now)
        state = read_file_state(self._site.shop.path, self._site.shop.config)
        variables = {"overview": overview, "now": now, "chips": CHIPS, "file_state": state}
        return self._site.page(request, "rules.html", variables)

    def show(self, request: Request) -> Response:
        """The page of one rule."""
        name, now = _rule_name(request), self._site.now()
        with self._site.read() as connection:
            details = load_rule(connection, self._site.shop, name, now=now)
        if details is None:
            raise HTTPException(404)
        return self._site.page(request, "rule.html", self._variables(request, details))

    def _variables(self, request: Request, details: RuleDetails) -> dict[str, Any]:
        shop, name = self._site.shop, details.figures.name
        state = read_file_state(shop.path, shop.config)
        customer, language = _customer(request), request.query_params.get("language", "")
        root_path = request.scope.get("root_path", "")
        return {
            "rule": details.figures,
            "period": details.overview.period,
            "nodes": details.diagram.nodes,
            "drawing": _drawing(details.diagram, root_path),
            "recent_mails": details.recent_mails,
            "chips": CHIPS,
            "now": self._site.now(),
            "file_state": state,
            "lines": read_rule_lines(shop.path, name, state.mistakes),
            "file_name": shop.path.name,
            "customer": customer,
            "language": language,
            "mails": [
                {
                    "place": node.id,
                    "template": node.mail,
                    "languages": mail_languages(shop, node.mail),
                }
                for node in details.diagram.nodes
                if node.mail
            ],
        }

    def show_mail(self, request: Request) -> Response:
        """The HTML of a mail of the rule, for a frame."""
        shop = self._site.shop
        name, place = _rule_name(request), request.path_params["place"]
        rule = shop.config.rules.get(name)
        mail = find_mail(rule, name, place) if rule else None
        if mail is None:
            raise HTTPException(404)
        try:
            rendered = render_mail(
                shop, mail, now=self._site.now(), customer_id=_customer(request),
                language=request.query_params.get("language"),
            )  # fmt: skip
        except (RenderError, WrongUsageError) as error:
            return mail_response(str(MAIL_FAILED.format(str(error))))
        return mail_response(rendered.html)

    def pause(self, request: Request) -> Response:
        """Does what `regulars pause RULE` does."""
        name = _rule_name(request)
        reason = self._reason(request)
        try:
            is_new = pause_mail(self._site.shop, name, reason, now=self._site.now())
        except WrongUsageError as error:
            return self._site.redirect(request, "/rules", str(error))
        held = f"The mail of {name} is held"
        notice = f"{held}. It goes on finding people." if is_new else f"{held} already."
        return self._site.redirect(request, _path(name), notice)

    def start(self, request: Request) -> Response:
        """Does what `regulars start RULE` does. The rule may have left the file."""
        name = _rule_name(request)
        was_held = resume_mail(self._site.shop, name)
        goes = "goes" if was_held else "was not held any more. It goes"
        path = _path(name) if name in self._site.shop.config.rules else "/rules"
        return self._site.redirect(request, path, f"The mail of {name} {goes} with the next run.")

    def stop_all(self, request: Request) -> Response:
        """Does what `regulars stop` does."""
        is_new = pause_mail(self._site.shop, None, self._reason(request), now=self._site.now())
        notice = f"All mail is held{'' if is_new else ' already'}."
        return self._site.redirect(request, "/rules", notice)

    def start_all(self, request: Request) -> Response:
        """Does what `regulars start` does."""
        was_held = resume_mail(self._site.shop, None)
        goes = "goes" if was_held else "was not held any more. It goes"
        return self._site.redirect(request, "/rules", f"All mail {goes} with the next run.")

    def _reason(self, request: Request) -> str | None:
        reason = " ".join(self._site.form(request).get("reason", "").split())
        return reason[:MAX_REASON] or None


def _rule_name(request: Request) -> str:
    """The rule that the path names."""
    name: str = request.path_params["rule"]
    return name


def _path(name: str) -> str:
    return f"/rules/{quote(name, safe='')}"


def _customer(request: Request) -> int | None:
    """The customer whose mail is shown; None for a made-up one."""
    text = request.query_params.get("customer", "").strip()
    is_id = text.isascii() and text.isdecimal() and len(text) <= MAX_ID
    return int(text) if is_id else None


def _drawing(diagram: Diagram, root_path: str) -> dict[str, Any]:
    """What rule_diagram.js draws; the list beside it shows the same."""
    return {
        "nodes": [
            {
                "id": node.id,
                "kind": node.kind.value,
                "title": node.title,
                "detail": node.detail,
                "figures": [
                    {
                        "word": figure.word,
                        "number": figure.number,
                        "path": f"{root_path}{figure.path}",
                    }
                    for figure in node.figures
                ],
            }
            for node in diagram.nodes
        ],
        "edges": [[edge.source, edge.target, edge.label] for edge in diagram.edges],
    }
