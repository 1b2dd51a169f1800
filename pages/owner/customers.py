"""The pages Customers: a list of people, and a page for each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from engine.explain.explain import explain_customer
from engine.explain.find_customer import find_customer
from engine.explain.mails import load_mails
from engine.explain.model import Mail
from engine.owner.tasks import complete_tasks
from engine.people.customer_page import load_customer_page
from engine.people.list_kinds import EVERYBODY, ListChoice, read_choice
from engine.people.mail_look import render_look
from engine.people.no_mail import allow_mail_to, stop_mail_to
from engine.people.people_list import (
    PeopleRequest,
    Sort,
    describe_total,
    load_people,
    parse_sort,
)
from measures.overdue import is_missed
from pages.owner.headers import mail_response
from pages.owner.numbers import read_number
from pages.owner.site import NavEntry, OwnerSite
from settings.errors import WrongUsageError
from shop.db.engine import write_transaction
from shop.identity.merge import current_customer

NAV: NavEntry | None = NavEntry("Customers", "/customers")
MAX_REASON = 300


def routes(site: OwnerSite) -> list[Route]:
    """Returns the routes of the list, of a customer, of why, and of what can be done there."""
    pages = CustomerPages(site)
    return [
        Route("/customers", pages.show_list),
        Route("/customers/{number}", pages.show_customer),
        Route("/customers/{number}/why/{rule}", pages.show_why),
        Route("/customers/{number}/mails/{mail}", pages.show_mail),
        Route("/customers/{number}/mails/{mail}/content", pages.show_content),
        Route("/customers/{number}/no-mail", pages.stop_mail, methods=["POST"]),
        Route("/customers/{number}/mail-again", pages.allow_mail, methods=["POST"]),
        Route("/customers/{number}/task-done", pages.finish_task, methods=["POST"]),
    ]


class CustomerPages:
    """The handlers."""

    def __init__(self, site: OwnerSite) -> None:
        self._site = site

    def show_list(self, request: Request) -> Response:
        """The people of a list, by the parameters that `engine.people.list_kinds` describes."""
        query = request.query_params
        mistake = ""
        try:
            choice, sort = read_choice(query), parse_sort(query.get("sort") or Sort.LAST_VISIT)
        except WrongUsageError as error:
            choice, sort, mistake = ListChoice(EVERYBODY, {}), Sort.LAST_VISIT, str(error)
        search = query.get("search", "")[:100]
        people_request = PeopleRequest(choice, search, sort, query.get("after", ""))
        with self._site.read() as connection:
            page = load_people(
                connection, self._site.shop.config, people_request, now=self._site.now()
            )
        variables: dict[str, Any] = {
            "mistake": mistake,
            "page": page,
            "total": describe_total(page),
            "choice": choice,
            "is_everybody": choice.kind == EVERYBODY,
            "search": search,
            "sort": sort.value,
            "sorts": [member.value for member in Sort],
            "is_continued": bool(people_request.after),
            "link": {"list": choice.kind, **choice.parameters, "search": search},
        }
        return self._site.page(request, "customers.html", variables, status=400 if mistake else 200)

    def show_customer(self, request: Request) -> Response:
        """One customer; a former number leads to the one they were merged into."""
        number, current = self._find(request)
        if number != current:
            prefix = request.scope.get("root_path", "")
            return RedirectResponse(f"{prefix}/customers/{current}", 303)
        before = request.query_params.get("before", "")
        shop, now = self._site.shop, self._site.now()
        with self._site.read() as connection:
            page = load_customer_page(connection, shop, current, now=now, before=before)
        bought = page.profile.bought
        variables = {
            "page": page,
            "profile": page.profile,
            "customer": page.profile.customer,
            "rules": list(shop.config.rules),
            "is_overdue": is_missed(bought.expected_back_at if bought else None, now),
            "is_continued": bool(before),
            "now": now,
        }
        return self._site.page(request, "customer.html", variables)

    def show_why(self, request: Request) -> Response:
        """Why one rule wrote to a customer, or did not."""
        _, customer = self._find(request)
        rule = request.path_params["rule"]
        shop, now = self._site.shop, self._site.now()
        try:
            with self._site.read() as connection:
                explanation = explain_customer(connection, shop, str(customer), rule, now=now)
        except WrongUsageError as error:
            raise HTTPException(404) from error
        variables = {"explanation": explanation, "rule": explanation.rules[0]}
        return self._site.page(request, "customer-why.html", variables)

    def show_mail(self, request: Request) -> Response:
        """What is stored of one mail, and how it reads."""
        _, number = self._find(request)
        shop = self._site.shop
        with self._site.read() as connection:
            customer = find_customer(connection, str(number), shop.config.shop.country)
            mail = _mail_of(connection, number, request)
            look = render_look(connection, shop, mail.id, now=self._site.now())
        return self._site.page(
            request,
            "customer-mail.html",
            {"customer": customer, "mail": mail, "can_be_shown": look is not None},
        )

    def show_content(self, request: Request) -> Response:
        """The mail itself, for a frame."""
        _, number = self._find(request)
        with self._site.read() as connection:
            mail = _mail_of(connection, number, request)
            look = render_look(connection, self._site.shop, mail.id, now=self._site.now())
        if look is None:
            raise HTTPException(404)
        return mail_response(look)

    def stop_mail(self, request: Request) -> Response:
        """As `regulars suppress`."""
        _, customer = self._find(request)
        because = self._reason(request)
        outcome = stop_mail_to(self._site.shop, customer, because, now=self._site.now())
        return self._back(request, customer, outcome.value)

    def allow_mail(self, request: Request) -> Response:
        """As `regulars unsuppress`, which asks for a reason."""
        _, customer = self._find(request)
        because = self._reason(request)
        if not because.strip():
            return self._back(request, customer, "Say why they may be written to again.")
        outcome = allow_mail_to(self._site.shop, customer, because, now=self._site.now())
        return self._back(request, customer, outcome.value)

    def finish_task(self, request: Request) -> Response:
        """As `regulars done`."""
        _, customer = self._find(request)
        task = read_number(self._site.form(request).get("task", ""))
        if task is None:
            raise HTTPException(404)
        with write_transaction(self._site.shop.engine) as connection:
            done, _ = complete_tasks(connection, [task], now=self._site.now())
        notice = "Done." if done else "That task was done before."
        return self._back(request, customer, notice)

    def _find(self, request: Request) -> tuple[int, int]:
        """The number in the address, and that of the customer today; raises a 404 for nobody."""
        number = read_number(request.path_params["number"])
        if number is None:
            raise HTTPException(404)
        with self._site.read() as connection:
            current = current_customer(connection, number)
        if current is None:
            raise HTTPException(404)
        return number, current

    def _reason(self, request: Request) -> str:
        return str(self._site.form(request).get("because", ""))[:MAX_REASON]

    def _back(self, request: Request, customer: int, notice: str) -> Response:
        return self._site.redirect(request, f"/customers/{customer}", notice)


def _mail_of(connection: Connection, customer: int, request: Request) -> Mail:
    """The customer's mail that the address names; raises a 404 for another's."""
    mails = {mail.id: mail for mail in load_mails(connection, customer)}
    mail = mails.get(request.path_params["mail"])
    if mail is None:
        raise HTTPException(404)
    return mail
