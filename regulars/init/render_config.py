"""Renders config.yaml from the answers; pure functions."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from textwrap import fill, indent

from loyalty.config import MAX_REWARD_POINTS
from regulars.init.answers import OPT_OUTS, Answers, BrandAnswers, CsvFile, PlatformAnswers
from regulars.init.starter_rules import StarterRule, points_platform, starter_rules
from settings.text.language_names import english_name
from settings.yaml.quote import clean_line, double_quoted, flow_scalar, yaml_scalar

PLAIN_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/%-]*[A-Za-z0-9/]")
LINE_WIDTH = 84  # of a comment with many headings
NOTE_COLUMN = 36  # where trailing comments begin

HEAD = """\
# {name}. Every mistake in here is told by: regulars check
# What else may stand here: docs/shop.md, docs/sources.md, docs/rules.md, docs/sending.md
"""
SIGN_UP = """\

# A page on which people say yes, at your public address with /join behind it, and a card for the
# till that leads there: docs/sign-up.md. Take the # away to have it.
# sign up: {}
"""
NO_BRAND = """\

# Your colour and your logo, a picture beside this file, in every mail and on every page:
# docs/shop.md. Take the # away to have them.
# brand: {colour: "#00aa55", logo: logo.png}
"""
NO_PUBLIC_ADDRESS = "none yet: people unsubscribe by answering, and you act on it"
CONSENT = """\

# Whom may you mail? Whoever said yes. Where your country allows it, and a notice at the till tells
# every buyer, you can vouch for customers who bought: docs/consent.md
"""
NO_SOURCE = "none yet; a list exported from anywhere is one: docs/sources.md"
UNREAD_FILE = (
    "Not read yet: docs/sources.md. Write for each ? below the column of the file that holds it, "
    "and take the # away. Its columns: "
)
OWN_COLUMNS = "For rules and e-mails, put into the braces above what you want to use of this:"
# What is behind the two forms of address, formal first.
FORMS_OF_ADDRESS = {
    "de": ("Sie, not du", "du, not Sie"), "es": ("usted, not tú", "tú, not usted"),
    "fr": ("vous, not tu", "tu, not vous"), "it": ("Lei, not tu", "tu, not Lei"),
    "nl": ("u, not je", "je, not u"), "pt": ("not tu", "tu"),
}  # fmt: skip
REHEARSAL = "a rehearsal: mails become files, nobody gets any"


def render_config(answers: Answers) -> str:
    """Returns the text of config.yaml for `answers`."""
    parts = [
        HEAD.format(name=answers.name),
        "shop:\n" + _indented(_shop_lines(answers)),
        _brand(answers.brand),
        _sources(answers),
        CONSENT,
        SIGN_UP if answers.public_address else "",
        _loyalty(answers),
        "\nsending:\n" + _indented(_sending_lines(answers)),
        "\nrules:\n" + "\n".join(_rule(rule) for rule in starter_rules(answers)),
    ]
    return "".join(parts)


def templates_used(answers: Answers) -> list[str]:
    """Returns the templates of the starter rules, including commented ones."""
    return [template for rule in starter_rules(answers) for template in rule.templates]


def _shop_lines(answers: Answers) -> Iterator[str]:
    yield f"name: {yaml_scalar(answers.name)}"
    yield f"country: {answers.country}"
    yield f"currency: {answers.currency}"
    yield f"timezone: {answers.timezone}"
    note = "of mail and pages; a customer whose own is known gets that"
    yield with_note(f"language: {english_name(answers.language)}", note)
    if answers.language in FORMS_OF_ADDRESS:
        form, other = FORMS_OF_ADDRESS[answers.language]
        is_formal = answers.mail_language.is_formal
        line = f"address people as: {'formal' if is_formal else 'informal'}"
        yield with_note(line, form if is_formal else other)
    yield with_note(
        f"reply to: {yaml_scalar(answers.e_mail)}", "where your customers' answers arrive"
    )
    yield with_note(f"postal address: {yaml_scalar(answers.postal_address)}", "the law asks for it")
    if answers.public_address:
        line = f"public address: {web_address(answers.public_address)}"
        yield with_note(line, "where the links to unsubscribe lead")
    else:
        yield with_note("# public address: https://…", NO_PUBLIC_ADDRESS)


def _brand(brand: BrandAnswers) -> str:
    if brand == BrandAnswers():
        return NO_BRAND
    return "\nbrand:\n" + _indented(_brand_lines(brand))


def _brand_lines(brand: BrandAnswers) -> Iterator[str]:
    colour = f"colour: {double_quoted(brand.colour or '#00aa55')}"
    note = "of buttons, links and your shop's name"
    yield with_note(colour if brand.colour else f"# {colour}", note)
    logo = f"logo: {yaml_scalar(brand.logo or 'logo.png')}"
    yield with_note(logo if brand.logo else f"# {logo}", "a picture beside this file")


def _sources(answers: Answers) -> str:
    blocks = [*_platforms(answers), *map(_csv_source, named_sources(answers.files))]
    if not blocks:
        return f"\n{with_note('# sources:', NO_SOURCE)}\n"
    live = any(not later for _, later in blocks)
    head = "\nsources:\n" if live else "\n# sources:\n"
    return head + "".join(_as_comment(text) if later else text for text, later in blocks)


def _platforms(answers: Answers) -> Iterator[tuple[str, bool]]:
    """Yields the block of each platform, and whether it is commented out."""
    for platform in answers.platforms:
        yield _block(platform.setup.source, _platform_lines(platform)), platform.later


def _platform_lines(platform: PlatformAnswers) -> Iterator[str]:
    yield f"from: {platform.setup.name}"
    note = "kept in .env, beside this file"
    for question in platform.setup.questions:
        if question.env:
            line = f"{question.key}: ${question.env}"
            yield with_note(line, note) if note else line
            note = ""
        elif setting := platform.settings.get(question.key):
            yield f"{question.key}: {_setting(setting)}"
    if platform.address:
        line = f"address: {web_address(platform.address)}"
        yield with_note(line, "a look-alike, to try things out")


def _setting(text: str) -> str:
    return web_address(text) if "://" in text else yaml_scalar(text)


def named_sources(files: Sequence[CsvFile]) -> Iterator[tuple[str, CsvFile]]:
    """Yields each CSV file with its source name: list-of-orders, list-of-orders-2, mailchimp."""
    seen: dict[str, int] = {}
    for csv_file in files:
        name = csv_file.name or csv_file.preset or f"list-of-{csv_file.holds}"
        seen[name] = seen.get(name, 0) + 1
        yield name + (f"-{seen[name]}" if seen[name] > 1 else ""), csv_file


def _csv_source(source: tuple[str, CsvFile]) -> tuple[str, bool]:
    """Returns the block of a file, and whether it is a comment: where columns are missing."""
    name, csv_file = source
    if csv_file.holds == OPT_OUTS:
        command = f"regulars no-mail import {shlex.quote(csv_file.file)}"
        return f"  No mail to anybody in {clean_line(csv_file.file)}: {command}\n", True
    return _block(name, _csv_lines(csv_file)), bool(csv_file.missing or csv_file.repeats)


def _csv_lines(csv_file: CsvFile) -> Iterator[str]:
    yield "from: csv"
    holds = f"holds: {csv_file.holds}"
    others = [kind for kind in ("customers", "orders", "answers") if kind != csv_file.holds]
    yield with_note(holds, f"or {' or '.join(others)}") if csv_file.missing else holds
    yield f"file: {yaml_scalar(csv_file.file)}"
    if csv_file.repeats:
        yield f"# the same orders as in {clean_line(csv_file.repeats)}: keep only one of the two"
    columns = [f"{field}: {flow_scalar(column)}" for field, column in csv_file.columns.items()]
    if csv_file.said_no:
        columns.append(f"said no: [{', '.join(map(flow_scalar, csv_file.said_no))}]")
    if csv_file.problem:
        yield from wrap(clean_line(csv_file.problem), "# ")
    if csv_file.missing:
        if csv_file.headings:
            yield from wrap(UNREAD_FILE + ", ".join(map(clean_line, csv_file.headings)), "# ")
        columns = [f"{role}: ?" for role in csv_file.missing] + columns
    yield f"columns: {{{', '.join(columns)}}}"
    if csv_file.own_columns and not csv_file.missing:
        own = [f"{name}: {flow_scalar(column)}" for name, column in csv_file.own_columns.items()]
        yield from wrap(OWN_COLUMNS, "# ")
        yield f"# my columns: {{{', '.join(own)}}}"
    yield from _order_lines(csv_file)
    if csv_file.imported_consent:
        yield f"imported consent: {yaml_scalar(csv_file.imported_consent)}"


def _order_lines(csv_file: CsvFile) -> Iterator[str]:
    """Yields what a file of orders says beside its columns."""
    if csv_file.total_is_of:
        yield f"total is of: {csv_file.total_is_of}"
    if csv_file.lines_of:
        note = "its rows are the articles of those orders, and count nothing themselves"
        yield with_note(f"lines of: {csv_file.lines_of}", note)
    if csv_file.customers_of:
        yield f"customers of: {csv_file.customers_of}"


def wrap(text: str, prefix: str) -> list[str]:
    """Returns `text` in lines that fit the file, each with `prefix`."""
    return [
        f"{prefix}{line}" for line in fill(text, LINE_WIDTH, break_long_words=False).split("\n")
    ]


def _loyalty(answers: Answers) -> str:
    platform = points_platform(answers)
    if platform is None:
        return ""
    note = f"{platform.setup.label} runs it; Regulars keeps the count along"
    lines = [with_note(f"programme: {platform.setup.source}", note)]
    if rewards := _rewards(platform):
        lines.append("rewards:")
        lines += [
            f"  {flow_scalar(name)}: {_points_text(count)}" for name, count in rewards.items()
        ]
    return "\nloyalty:\n" + _indented(lines)


def _rewards(platform: PlatformAnswers) -> dict[str, int]:
    """Return the rewards as their platform calls them, without what the file could not hold."""
    rewards = {
        clean_line(name): points
        for name, points in platform.rewards.items()
        if points <= MAX_REWARD_POINTS
    }
    return {name: points for name, points in rewards.items() if name}


def _points_text(count: int) -> str:
    return f"{count} point" if count == 1 else f"{count} points"


def _sending_lines(answers: Answers) -> Iterator[str]:
    yield with_note("through: outbox", REHEARSAL)
    yield from _prepared_sender(answers)
    yield f"from: {yaml_scalar(f'{answers.sender} <{answers.e_mail}>')}"
    yield "usual time: 10:00"
    yield "quiet hours: 21:00 to 08:00"
    yield with_note("no more than: 2 emails per 7 days", "to one customer, over all rules")


def _prepared_sender(answers: Answers) -> Iterator[str]:
    """Yields the chosen sender's block and `only to` with the owner's address."""
    sender = answers.sending
    if sender is None:
        return
    comment_mark = "# " if sender.later else ""
    yield f"{comment_mark}{sender.name}: {{{', '.join(sender.options)}}}"
    note = f"with through: {sender.name}, all other mail stays a rehearsal"
    yield with_note(f"only to: [{flow_scalar(answers.e_mail)}]", note)


def _rule(rule: StarterRule) -> str:
    text = indent(rule.text, "  ")
    if rule.disabled_because is None:
        return text
    return f"  # Not kept now: {rule.disabled_because}.\n{_as_comment(text)}"


def with_note(line: str, note: str) -> str:
    """Returns `line` with `note` as a trailing comment at NOTE_COLUMN."""
    return f"{line.ljust(NOTE_COLUMN)}  # {note}"


def web_address(url: str) -> str:
    """Returns a URL as a YAML scalar, quoted if it could be read as something else."""
    return url if PLAIN_ADDRESS.fullmatch(url) else double_quoted(url)


def _block(name: str, lines: Iterable[str]) -> str:
    return f"  {name}:\n" + _indented(lines, "    ")


def _indented(lines: Iterable[str], margin: str = "  ") -> str:
    return "".join(f"{margin}{line}\n" for line in lines)


def _as_comment(text: str) -> str:
    return "".join(f"# {line}" if line.strip() else line for line in text.splitlines(keepends=True))
