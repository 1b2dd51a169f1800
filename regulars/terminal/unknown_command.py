"""What an unknown command is answered with: its synonym, the nearest spelling, or "not available".

`SYNONYMS` are words that mean a command. `PLANNED` are commands that do not exist yet, with what
can be done today: building one means deleting its line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from settings.errors import WrongUsageError
from settings.model import nearest

HELP = (
    "All commands: regulars --help. One of them: regulars COMMAND --help. "
    "The version: regulars --version"
)


@dataclass(frozen=True)
class PlannedCommand:
    """A command that does not exist yet: what it would be for, and what can be done today."""

    purpose: str
    today: str
    names: tuple[str, ...]


PLANNED = (
    PlannedCommand(
        "one mail to many customers at once, such as a newsletter",
        "every mail comes from a rule about what a customer did, or did not do: docs/rules.md",
        ("campaign", "campaigns", "newsletter", "newsletters", "broadcast", "blast"),
    ),
    PlannedCommand(
        "writing out all that is stored about a customer",
        "regulars customers show ADDRESS --json prints it; regulars backup keeps the whole shop",
        ("export", "dump", "customers export"),
    ),
    PlannedCommand(
        "erasing a customer",
        "delete them where they come from, and run regulars sync; "
        "regulars suppress ADDRESS stops all mail to them: docs/sources.md",
        ("erase", "forget", "delete", "remove", "gdpr", "customers delete"),
    ),
    PlannedCommand(
        "groups of customers with a name",
        "write the conditions below if: in each rule: docs/rules.md",
        ("segment", "segments", "group", "groups", "audience", "audiences"),
    ),
    PlannedCommand(
        "your shop's figures over time",
        "regulars reach counts customers, regulars morning counts yesterday's mails",
        ("figures", "stats", "statistics", "numbers", "analytics", "report", "reports", "graph"),
    ),
    PlannedCommand(
        "whether the mails brought anyone back",
        "regulars customers show ADDRESS lists a customer's orders beside their mails",
        ("results", "lift", "roi", "conversions", "effect"),
    ),
    PlannedCommand(
        "what a customer is worth",
        "regulars customers show ADDRESS shows what they spent, and when they are expected back",
        ("value", "clv", "ltv", "worth"),
    ),
    PlannedCommand(
        "handing over treats and rewards at the till",
        "a treat is a sentence in a mail (docs/rules.md): tell your staff about it",
        ("till", "give", "redeem", "treat", "reward", "rewards", "code", "coupon"),
    ),
    PlannedCommand(
        "surveys by mail",
        "answers collected elsewhere are read as a file with holds: answers: docs/sources.md",
        ("survey", "surveys", "answers", "nps", "csat", "poll"),
    ),
    PlannedCommand(
        "ready-made rules",
        "docs/rules.md has one for each event, and regulars init writes those of your sources",
        ("recipes", "recipe", "take", "templates"),
    ),
    PlannedCommand(
        "being told of news by a platform",
        "regulars serve reads every source on a schedule: docs/serving.md",
        ("webhook", "webhooks", "hooks"),
    ),
)  # fmt: skip

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("send", "deliver", "tick", "execute", "go", "mail"), ("run", "preview")),
    **dict.fromkeys(("unsubscribe", "optout", "opt-out", "block", "blacklist", "mute", "ban"),
                    ("suppress", "no-mail import")),
    **dict.fromkeys(("resubscribe", "subscribe", "opt-in", "unblock", "allow"), ("unsuppress",)),
    **dict.fromkeys(("log", "logs", "history", "explain", "trace", "who", "because"),
                    ("why", "customers show", "morning")),
    **dict.fromkeys(("customer", "people", "person", "profile", "users", "user", "show", "find"),
                    ("customers list", "customers show")),
    **dict.fromkeys(("count", "size", "total"), ("reach",)),
    **dict.fromkeys(("list",), ("waiting", "tasks", "reach")),
    **dict.fromkeys(("import", "load", "upload", "read", "fetch", "pull", "refresh", "update"),
                    ("sync", "check", "no-mail import")),
    **dict.fromkeys(("setup", "install", "new", "create", "begin", "configure", "config", "wizard"),
                    ("init", "check")),
    **dict.fromkeys(("validate", "lint", "verify", "test", "analyse", "analyze"),
                    ("check", "doctor", "points verify")),
    **dict.fromkeys(("diagnose", "dns", "dkim", "spf", "deliverability", "ping"),
                    ("doctor", "health")),
    **dict.fromkeys(("info", "state", "ps", "shops"), ("status", "overview", "health")),
    **dict.fromkeys(("dashboard", "ui", "web", "browser"), ("serve", "overview")),
    **dict.fromkeys(("plan", "next", "forecast"), ("calendar",)),
    **dict.fromkeys(("customers find", "customers search", "contacts", "subscribers"),
                    ("customers list",)),
    **dict.fromkeys(("render", "view", "example", "sample", "letter", "template"), ("preview",)),
    **dict.fromkeys(("pending", "queue", "inbox", "review", "drafts", "held"), ("waiting",)),
    **dict.fromkeys(("accept", "confirm", "ok", "yes", "release"), ("approve", "clock confirm")),
    **dict.fromkeys(("reject", "refuse", "discard", "no"), ("decline", "suppress")),
    **dict.fromkeys(("todo", "todos", "task", "jobs"), ("tasks", "done")),
    **dict.fromkeys(("finish", "complete", "close", "tick-off"), ("done",)),
    **dict.fromkeys(("digest", "summary", "daily", "good-morning"), ("morning",)),
    **dict.fromkeys(("halt", "hold", "freeze", "off", "disable", "quit", "exit"),
                    ("stop", "pause")),
    **dict.fromkeys(("resume", "unpause", "continue", "on", "enable", "restart", "live"),
                    ("start",)),
    **dict.fromkeys(("undo", "rollback", "revert", "mistake", "sorry", "correct", "recall"),
                    ("oops", "cancel", "no-mail undo")),
    **dict.fromkeys(("up", "daemon", "server", "service", "worker", "watch", "schedule", "cron"),
                    ("serve",)),
    **dict.fromkeys(("bounces", "bounced", "suppressions", "suppressed", "blocked"),
                    ("suppress", "complaints list")),
    **dict.fromkeys(("spam", "abuse", "complain"), ("complaints list",)),
    **dict.fromkeys(("errors", "quarantine", "skipped", "rejected", "failed", "bad"),
                    ("set-aside", "doubt list", "doctor")),
    **dict.fromkeys(("settle", "unknown", "uncertain"), ("doubt settle", "doubt list")),
    **dict.fromkeys(("save", "copy", "archive"), ("backup",)),
    **dict.fromkeys(("recover", "move", "migrate", "clone"), ("restore", "this-is-the-one")),
    **dict.fromkeys(("qr", "card", "poster", "flyer", "print", "signup", "sign-up"),
                    ("till-card",)),
    **dict.fromkeys(("time", "date"), ("clock confirm", "clock undo")),
    **dict.fromkeys(("balance", "loyalty"), ("points verify", "customers show")),
    **dict.fromkeys(("backtest", "simulate", "dry-run", "past"), ("look-back", "preview")),
    **dict.fromkeys(("columns", "describe", "file", "recognise"), ("inspect", "check")),
    **dict.fromkeys(("try", "tutorial", "tour"), ("demo",)),
    "no-mail add": ("suppress",),
    "no-mail remove": ("unsuppress",),
    "no-mail list": ("suppress",),
    "no-mail show": ("suppress",),
    "no-mail export": ("backup",),
}  # fmt: skip


def unknown_command_error(group: str, word: str, root: Any) -> WrongUsageError:
    """Returns the error for an unknown command `word` of `group` ("" for the top level).

    `root` is the click group of all commands; it is asked for names and first sentences.
    """
    full_word = f"{group} {word}".strip()
    folded = full_word.casefold().replace("_", "-")
    if folded in ("help", "version"):
        return WrongUsageError(HELP)
    if planned := next((planned for planned in PLANNED if folded in planned.names), None):
        return WrongUsageError(f"Not available yet: {planned.purpose}.\nToday: {planned.today}.")
    commands = dict(_all_commands(root))
    matches = _matches(group, folded, commands)
    if not matches:
        return WrongUsageError(f"No such command: {full_word}. All commands: regulars --help")
    lines = [f"  regulars {name}\n      {_first_sentence(commands[name].help)}" for name in matches]
    return WrongUsageError("\n".join([f"No such command: {full_word}. Nearest:", *lines]))


def _matches(group: str, word: str, commands: Mapping[str, Any]) -> list[str]:
    """Returns the commands nearest to `word`: by meaning, else by spelling, else those around."""
    if word in SYNONYMS:
        return list(SYNONYMS[word])
    depth = 1 if group else 0
    siblings = defaultdict[str, list[str]](list)
    for name in commands:
        if not group or name.startswith(f"{group} "):
            siblings[name.split()[depth]].append(name)
    last_word = word.rsplit(maxsplit=1)[-1]
    if similar := nearest(last_word, siblings):
        return siblings[similar]
    if group:
        return [name for names in siblings.values() for name in names]
    return [name for name in commands if last_word in name.split()]


def _first_sentence(help_text: str) -> str:
    return " ".join(help_text.split("\n\n", maxsplit=1)[0].split()).partition(". ")[0].rstrip(".")


def _all_commands(group: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Yields each command that can be run with its full name, such as `doubt list`."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _all_commands(command, f"{above}{name} ")
        else:
            yield f"{above}{name}", command
