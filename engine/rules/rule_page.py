"""Everything about one rule: its figures, its steps, and what went out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from engine.open.open_shop import OpenShop
from engine.rules.diagram import Diagram, load_diagram
from engine.rules.document import period_document, rule_document, steps_document
from engine.rules.figures import RuleFigures, RulesOverview, load_rules
from engine.rules.numbers import RuleNumbers
from engine.rules.recent_mails import RecentMail, load_recent_mails


@dataclass(frozen=True)
class RuleDetails:
    """One rule; `overview` holds no other."""

    overview: RulesOverview
    figures: RuleFigures
    diagram: Diagram
    recent_mails: list[RecentMail]


def load_rule(
    connection: Connection, shop: OpenShop, name: str, *, now: datetime
) -> RuleDetails | None:
    """Returns the rule called `name` at `now`; None where neither the file nor a person has it."""
    overview = load_rules(connection, shop, now=now, name=name)
    figures = overview.find(name)
    if figures is None:
        return None
    numbers = overview.numbers.get(name, RuleNumbers())
    rule = shop.config.rules.get(name)
    diagram = load_diagram(connection, name, rule, numbers)
    return RuleDetails(overview, figures, diagram, load_recent_mails(connection, name))


def details_document(details: RuleDetails) -> dict[str, Any]:
    """Returns the JSON document of a rule: its figures, its steps, and the last mails."""
    return {
        "period": period_document(details.overview.period),
        **rule_document(details.figures),
        "steps": steps_document(details.diagram),
        "last mails": [
            {
                "at": mail.at.isoformat(),
                "customer": mail.customer_id,
                "template": mail.template,
                "state": mail.state,
            }
            for mail in details.recent_mails
        ],
    }
