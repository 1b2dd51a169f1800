"""Words of the calendar: what its entries say after their count."""

from __future__ import annotations

NOUNS = {
    "mails": ("mail", "mails"),
    "approvals": ("mail", "mails"),
    "tasks": ("task", "tasks"),
    "orders": ("order", "orders"),
    "begins": ("person", "people"),
    "steps": ("person", "people"),
    "follows": ("person", "people"),
    "backlog": ("person", "people"),
    "points": ("person", "people"),
}
# By kind; {action} is one of ACTIONS, {at} a time of day.
SENTENCES = {
    "mails": "ready: {action}",
    "approvals": "end at {at} unless you approve them",
    "tasks": "due at {at}",
    "orders": "dated ahead, count from this day",
    "closed": "closed",
    "morning letter": "your morning letter at {at}",
    "doctor": "the doctor's last look is 30 days old: run regulars doctor",
    "begins": "({occasion}): {action}",
    "steps": "come to the next step: {action}; some may have come back by then",
    "follows": "of those of {since}: {action}",
    "backlog": "at most, of those from before the rule began",
    "points": "lose {points} that end",
}
OVERDUE = "overdue"
ACTIONS = {"mail": "mail {name} from {at}", "task": "a task, “{name}”", "decision": "an if decides"}
NO_ACTION = "nothing more"
ON_ANOTHER_DAY = "{at} on {day}"
WAITS = "{action}, after your word"
HELD = "held: its mail is stopped"
OCCASIONS = {"for": "{when} for {length}", "in": "{when} in {length}"}
CERTAIN, LIKELY = "Certain", "If nothing changes"
CERTAIN_MEANS = "It is there already. Only an opt-out, or you, can stop it."
LIKELY_MEANS = (
    "As far as today's data show it. Who comes back, buys or says no until then is left out, the "
    "cap puts mails off, and mails beyond the limit ask me above wait for your word."
)
NOTHING = "Nothing is known yet."
ALL_STOPPED = "All mail is stopped: nothing leaves until you start it again."
UPKEEP = (
    "While regulars serve runs, it tidies up once a day. It makes no backups: regulars backup does."
)
