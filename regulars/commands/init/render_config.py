"""The owner's file, written from what the owner told. Pure: nothing is asked, nothing is kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from textwrap import indent

from loyalty.config import DEAREST
from regulars.commands.init.answers import Answers, MailServer, OnlineShop, Rows, Till
from regulars.commands.init.starter_rules import Beginning, beginning
from regulars.commands.init.yaml_quote import cleaned, item, quoted, value

ONLINE_SHOP, TILL = "online-shop", "till"
PLAIN_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/%-]*[A-Za-z0-9/]")
NOTE_AT = 36  # the column where notes begin

HEAD = """\
# {name}. Every mistake in here is told by: regulars check
# What else may stand here: docs/shop.md, docs/sources.md, docs/rules.md, docs/sending.md
"""
SIGN_UP = """\

# A page on which people say yes, at your public address with /join behind it, and a card for the
# till that leads there: docs/sign-up.md. Take the # away to have it.
# sign up: {}
"""
ANSWERING = "none yet: people unsubscribe by answering, and you act on it"
CONSENT = """\

# Whom may you mail? Whoever said yes. Where your country allows it, and a notice at the till tells
# every buyer, you can vouch for customers who bought: docs/consent.md
"""
NO_SOURCE = "none yet; a list exported from anywhere is one: docs/sources.md"
REHEARSAL = "a rehearsal: mails become files, nobody gets any"


def file_text(answers: Answers) -> str:
    """The whole of config.yaml."""
    parts = [
        HEAD.format(name=answers.name),
        "shop:\n" + _moved_in(_shop(answers)),
        _sources(answers),
        CONSENT,
        SIGN_UP if answers.public_address else "",
        _loyalty(answers),
        "\nsending:\n" + _moved_in(_sending(answers)),
        "\nrules:\n" + "\n".join(_rule(one) for one in beginning(answers)),
    ]
    return "".join(parts)


def letters_sent(answers: Answers) -> list[str]:
    """The templates that its rules use, also of those that wait as a comment."""
    return [letter for one in beginning(answers) for letter in one.letters]


def _shop(answers: Answers) -> Iterator[str]:
    yield f"name: {value(answers.name)}"
    yield f"country: {answers.country}"
    yield f"currency: {answers.currency}"
    yield f"timezone: {answers.timezone}"
    yield noted(f"reply to: {value(answers.e_mail)}", "where your customers' answers arrive")
    yield noted(f"postal address: {value(answers.postal_address)}", "the law asks for it")
    if answers.public_address:
        line = f"public address: {address(answers.public_address)}"
        yield noted(line, "where the links to unsubscribe lead")
    else:
        yield noted("# public address: https://…", ANSWERING)


def _sources(answers: Answers) -> str:
    blocks = [*_platforms(answers), *map(_rows, named(answers.files))]
    if not blocks:
        return f"\n{noted('# sources:', NO_SOURCE)}\n"
    live = any(not later for _, later in blocks)
    head = "\nsources:\n" if live else "\n# sources:\n"
    return head + "".join(_as_comment(text) if later else text for text, later in blocks)


def _platforms(answers: Answers) -> Iterator[tuple[str, bool]]:
    if shop := answers.online_shop:
        yield _block(ONLINE_SHOP, _online_shop(shop)), shop.later
    if till := answers.till:
        yield _block(TILL, _till(till)), till.later


def _online_shop(shop: OnlineShop) -> Iterator[str]:
    yield "from: shopify"
    yield f"store: {shop.store}"
    yield noted("client id: $SHOPIFY_CLIENT_ID", "kept in .env, beside this file")
    yield "client secret: $SHOPIFY_CLIENT_SECRET"
    yield from _look_alike(shop.address)


def _till(till: Till) -> Iterator[str]:
    yield "from: square"
    yield noted("access token: $SQUARE_ACCESS_TOKEN", "kept in .env, beside this file")
    yield from _look_alike(till.address)


def _look_alike(where: str | None) -> Iterator[str]:
    if where:
        yield noted(f"address: {address(where)}", "a look-alike, to try things out")


def named(files: Sequence[Rows]) -> Iterator[tuple[str, Rows]]:
    """Each file with the name of its source: what it holds, counted on where there are several."""
    seen: dict[str, int] = {}
    for one in files:
        seen[one.holds] = seen.get(one.holds, 0) + 1
        yield f"list-of-{one.holds}" + (f"-{seen[one.holds]}" if seen[one.holds] > 1 else ""), one


def _rows(named_rows: tuple[str, Rows]) -> tuple[str, bool]:
    name, rows = named_rows
    columns = ", ".join(f"{word}: {item(column)}" for word, column in rows.columns.items())
    lines = ["from: csv", f"holds: {rows.holds}", f"file: {value(rows.file)}"]
    lines.append(f"columns: {{{columns}}}")
    if rows.imported_consent:
        lines.append(f"imported consent: {value(rows.imported_consent)}")
    return _block(name, lines), False


def _loyalty(answers: Answers) -> str:
    till = answers.till
    if not till or not till.points or till.later:
        return ""
    lines = [noted(f"programme: {TILL}", "Square runs it; Regulars keeps the count along")]
    if rewards := _rewards(till):
        lines.append("rewards:")
        lines += [f"  {item(name)}: {_points(many)}" for name, many in rewards.items()]
    return "\nloyalty:\n" + _moved_in(lines)


def _rewards(till: Till) -> dict[str, int]:
    """As their platform calls them, without what the file could not hold."""
    named = {cleaned(name): many for name, many in till.rewards.items() if many <= DEAREST}
    return {name: many for name, many in named.items() if name}


def _points(many: int) -> str:
    return f"{many} point" if many == 1 else f"{many} points"


def _sending(answers: Answers) -> Iterator[str]:
    yield noted("through: outbox", REHEARSAL)
    yield from _ways(answers)
    yield f"from: {value(f'{answers.sender} <{answers.e_mail}>')}"
    yield "usual time: 10:00"
    yield "quiet hours: 21:00 to 08:00"
    yield noted("no more than: 2 emails per 7 days", "to one customer, over all rules")


def _ways(answers: Answers) -> Iterator[str]:
    """Ready to be switched to; and then, first of all, to the owner alone."""
    way = answers.sending
    if way is None:
        return
    if isinstance(way, MailServer):
        name, words = "smtp", ", ".join(_mail_server(way))
    else:
        region = ", region: eu" if way.eu else ""
        name, words = "sendgrid", f"api key: $SENDGRID_API_KEY{region}"
    mark = "# " if way.later else ""
    yield f"{mark}{name}: {{{words}}}"
    ready = f"with through: {name}, all other mail stays a rehearsal"
    yield noted(f"only to: [{item(answers.e_mail)}]", ready)


def _mail_server(way: MailServer) -> Iterator[str]:
    yield f"server: {item(way.server)}"
    if way.port:
        yield f"port: {way.port}"
    if way.encryption:
        yield f"encryption: {way.encryption}"
    if way.user:
        yield f"user: {quoted(way.user)}"
        yield "password: $SMTP_PASSWORD"


def _rule(rule: Beginning) -> str:
    text = indent(rule.text, "  ")
    if rule.why_not is None:
        return text
    return f"  # Not kept now: {rule.why_not}.\n{_as_comment(text)}"


def noted(line: str, note: str) -> str:
    """With a note behind it, below the others."""
    return f"{line.ljust(NOTE_AT)}  # {note}"


def address(written: str) -> str:
    """A web address has a colon, but none with a blank behind it."""
    return written if PLAIN_ADDRESS.fullmatch(written) else quoted(written)


def _block(name: str, lines: Iterable[str]) -> str:
    return f"  {name}:\n" + _moved_in(lines, "    ")


def _moved_in(lines: Iterable[str], by: str = "  ") -> str:
    return "".join(f"{by}{line}\n" for line in lines)


def _as_comment(text: str) -> str:
    return "".join(f"# {line}" if line.strip() else line for line in text.splitlines(keepends=True))
