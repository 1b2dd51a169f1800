"""The JSON document of rules: the numbers of the pages, with the lists of their people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from engine.rules.diagram import Diagram
from engine.rules.figures import Figure, RuleFigures, RulesOverview
from engine.rules.period import Period


def overview_document(overview: RulesOverview) -> dict[str, Any]:
    """Returns the document of all rules of `overview`."""
    return {
        "period": period_document(overview.period),
        "all mail stopped": _time(overview.stopped_at),
        "rules": [rule_document(rule) for rule in overview.rules],
    }


def period_document(period: Period) -> dict[str, str]:
    """Returns the days of a period and of the one before it."""
    return {
        "from": period.first.isoformat(),
        "until": period.last.isoformat(),
        "before from": period.before.first.isoformat(),
        "before until": period.before.last.isoformat(),
    }


def rule_document(rule: RuleFigures) -> dict[str, Any]:
    """Returns the document of one rule."""
    return {
        "name": rule.name,
        "state": rule.status.value,
        "does": rule.sentence,
        "note": rule.note,
        "paused at": _time(rule.paused_at),
        "evaluated at": _time(rule.evaluated_at),
        "people": {
            "in it now": figure_document(rule.in_it),
            "went through": figure_document(rule.done),
            "stopped": figure_documents(rule.stopped),
            "not begun": figure_documents(rule.not_begun),
        },
        "mails": {
            "sent": figure_document(rule.sent),
            "sent before": rule.mails_before,
            "rehearsed": figure_document(rule.rehearsed),
            "not sent": figure_documents(rule.not_sent),
            "wait for your word": figure_document(rule.awaiting_approval),
            "on its way": figure_document(rule.on_its_way),
            "in doubt": figure_document(rule.in_doubt),
        },
    }


def steps_document(diagram: Diagram) -> list[dict[str, Any]]:
    """Returns the steps of a rule in the order of the file, with what leads where."""
    return [
        {
            "id": node.id,
            "kind": node.kind.value,
            "title": node.title,
            "detail": node.detail,
            "figures": figure_documents(node.figures),
            "leads to": [
                {"id": edge.target, "if": edge.label}
                for edge in diagram.edges
                if edge.source == node.id
            ],
        }
        for node in diagram.nodes
    ]


def figure_documents(figures: Iterable[Figure]) -> list[dict[str, Any]]:
    """Returns the documents of several figures, each with its word."""
    return [{"what": figure.word} | figure_document(figure) for figure in figures]


def figure_document(figure: Figure) -> dict[str, Any]:
    """Returns a number and the path of the list of its people."""
    return {"number": figure.number, "people": figure.path}


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
