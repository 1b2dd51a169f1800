"""The page of tasks: what rules ask people to do, ticked off and taken back."""

from __future__ import annotations

from datetime import timedelta

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.owner.tasks import complete_tasks, open_tasks, reopen_tasks, tasks_done_since
from pages.owner.numbers import read_number
from pages.owner.site import NavEntry, OwnerSite
from shop.db.engine import write_transaction

NAV: NavEntry | None = None  # Today leads here
MAX_TASKS = 200
UNDO_WITHIN = timedelta(days=1)


def routes(site: OwnerSite) -> list[Route]:
    """Returns the routes of the page and of its buttons."""
    page = TasksPage(site)
    return [
        Route("/tasks", page.show),
        Route("/tasks", page.change, methods=["POST"]),
    ]


class TasksPage:
    """The handlers."""

    def __init__(self, site: OwnerSite) -> None:
        self._site = site

    def show(self, request: Request) -> Response:
        """The open tasks, the most urgent first, and those done within a day."""
        now = self._site.now()
        with self._site.read() as connection:
            tasks = open_tasks(connection)
            done = tasks_done_since(connection, now - UNDO_WITHIN)
        variables = {"tasks": tasks[:MAX_TASKS], "count": len(tasks), "done": done, "now": now}
        return self._site.page(request, "tasks.html", variables)

    def change(self, request: Request) -> Response:
        """Ticks a task off, or takes that back; a second tab is told that it was done."""
        form, now = self._site.form(request), self._site.now()
        action, number = form.get("action", ""), read_number(form.get("task", ""))
        if action not in ("done", "undo") or number is None:
            raise HTTPException(400)
        with write_transaction(self._site.shop.engine) as connection:
            if action == "done":
                changed, _ = complete_tasks(connection, [number], now=now)
                notice = "Done." if changed else "That task was done before."
            else:
                changed = reopen_tasks(connection, [number], since=now - UNDO_WITHIN)
                notice = "It is open again." if changed else "That task is open already."
        return self._site.redirect(request, "/tasks", notice)
