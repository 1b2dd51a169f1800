"""The page Today: what there is to do, and this week beside the last one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.owner.sources import SourceState
from engine.owner.tasks import complete_tasks
from engine.owner.today import sentences
from engine.owner.today.load import load_today
from engine.owner.today.model import RuleState, Today
from engine.people.list_kinds import list_path
from measures.shop_days import DayVisits
from pages.owner.numbers import read_number
from pages.owner.site import NavEntry, OwnerSite
from shop.db.engine import write_transaction
from templates.language import ENGLISH
from templates.owner import today as texts

NAV: NavEntry | None = NavEntry("Today", "/")
SERIES = {
    "returning": "had been here before",
    "new": "new",
    "first_seen": "seen for the first time",
}
RULE_CHIPS = {RuleState.ON: "good", RuleState.PAUSED: "warning", RuleState.STOPPED: "bad"}
SOURCE_CHIPS = {
    SourceState.FINE: "good",
    SourceState.OLD: "warning",
    SourceState.FAILING: "bad",
    SourceState.NEVER: "warning",
}


def routes(site: OwnerSite) -> list[Route]:
    """Returns the routes of the page and of its button."""

    def show(request: Request) -> Response:
        with site.read() as connection:
            today = load_today(connection, site.shop, now=site.now())
        return site.page(request, "today.html", _variables(today, site.shop.config.shop.zone))

    def finish_task(request: Request) -> Response:
        number = read_number(site.form(request).get("task", ""))
        numbers = [] if number is None else [number]
        with write_transaction(site.shop.engine) as connection:
            done, _ = complete_tasks(connection, numbers, now=site.now())
        return site.redirect(request, "/", "Done." if done else "That was done already.")

    return [Route("/", show), Route("/tasks/done", finish_task, methods=["POST"])]


def _variables(today: Today, zone: tzinfo) -> dict[str, Any]:
    return {
        "today": today,
        "day_text": ENGLISH.weekday_and_day(today.day),
        "days_definition": texts.DAYS_DEFINITION,
        "tiles": _tiles(today, zone),
        "visits_chart": _visits_chart(today),
        "overdue_chart": _overdue_chart(today),
        "overdue_path": list_path("overdue"),
        "tasks": [
            {"task": task, "late": task.until is not None and task.until < today.now}
            for task in today.tasks
        ],
        "treats": [
            {"count": count, "path": _mails_path(today, rule=count.rule)}
            for count in today.promises.treats
        ],
        "rules": [
            {
                "line": line,
                "chip": RULE_CHIPS[line.state],
                "written_path": _mails_path(today, rule=line.name),
            }
            for line in today.rules
        ],
        "sources": [{"line": line, "chip": SOURCE_CHIPS[line.state]} for line in today.sources],
        "all_sources_fine": all(line.state is SourceState.FINE for line in today.sources),
    }


def _tiles(today: Today, zone: tzinfo) -> list[dict[str, str]]:
    """The four numbers, each with what it was, what it means, and the people it counts."""
    returning, reach = today.returning, today.reach
    return [
        {
            "label": texts.VISITS,
            "figure": ENGLISH.integer(today.visits.so_far),
            "beside": sentences.visits_beside(today.visits),
            "path": _visits_path("all", str(today.visits.monday), str(today.day)),
            "definition": texts.VISITS_DEFINITION,
        },
        {
            "label": texts.RETURNING,
            "figure": sentences.returning_value(returning),
            "beside": sentences.returning_beside(returning, today.data_begin),
            "path": _visits_path("returning", str(returning.first), str(returning.last)),
            "definition": texts.RETURNING_DEFINITION,
        },
        {
            "label": texts.MAILS,
            "figure": ENGLISH.integer(today.mails.written),
            "beside": sentences.mails_beside(today.mails),
            "path": _mails_path(today),
            "definition": texts.MAILS_DEFINITION,
        },
        {
            "label": texts.REACH,
            "figure": sentences.reach_value(reach),
            "beside": sentences.reach_beside(reach, today.day, zone),
            "path": list_path("reach", state="reachable") if reach else "",
            "definition": texts.REACH_DEFINITION,
        },
    ]


def _visits_path(who: str, first: str, last: str) -> str:
    return list_path("visits", who=who, **{"from": first, "until": last})


def _mails_path(today: Today, rule: str = "") -> str:
    period = {"from": str(today.visits.monday), "until": str(today.day)}
    return list_path("mails", rule=rule, state="written", **period)


def _visits_chart(today: Today) -> dict[str, Any]:
    """What charts.js draws, and the same as a table, the latest day first."""
    kinds = _kinds(today.days)
    return {
        "content": {
            "days": [
                {"day": str(day.day)} | {kind: getattr(day, kind) for kind in kinds}
                for day in today.days
            ],
            "current": str(today.day),
            "kinds": kinds,
            "labels": {kind: SERIES[kind] for kind in kinds},
        },
        "note": sentences.opening_note(today),
        "head": ["Day", *(SERIES[kind].capitalize() for kind in kinds)],
        "rows": [
            [_day_text(day, today), *(_day_cell(day, kind) for kind in kinds)]
            for day in reversed(today.days)
        ],
    }


def _kinds(days: Sequence[DayVisits]) -> list[str]:
    """Where the data begin, nobody is new: the kind that no day has is not shown."""
    has_first_seen = any(day.first_seen for day in days)
    has_new = any(day.new for day in days) or not has_first_seen
    shown = {"returning": True, "new": has_new, "first_seen": has_first_seen}
    return [kind for kind in SERIES if shown[kind]]


def _day_text(day: DayVisits, today: Today) -> str:
    text = ENGLISH.weekday_and_day(day.day)
    return f"{text} (so far)" if day.day == today.day else text


def _day_cell(day: DayVisits, kind: str) -> Mapping[str, str] | str:
    number = getattr(day, kind)
    who = "returning" if kind == "returning" else "new"
    if not number:
        return "0"
    path = _visits_path(who, str(day.day), str(day.day))
    return {"text": ENGLISH.integer(number), "path": path}


def _overdue_chart(today: Today) -> dict[str, Any]:
    return {
        "content": {
            "people": [
                {"name": customer.name, "away": customer.days_away, "usual": customer.usual_days}
                for customer in today.overdue
            ]
        },
        "head": ["Who", "Visits", "Days away", "Usually"],
        "rows": [
            [
                {"text": customer.name, "path": f"/customers/{customer.customer_id}"},
                str(customer.visits),
                str(customer.days_away),
                str(customer.usual_days),
            ]
            for customer in today.overdue
        ],
    }
