"""The answers of the interview: everything that config.yaml is rendered from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.setup import Setup
from mail.senders.interview import SendingChoice
from templates.language import Language

CARTS, BIRTHDAYS = "carts", "birthdays"
OPT_OUTS = "opt-outs"  # what a file holds that no source can name


@dataclass(frozen=True)
class PlatformAnswers:
    """A source at a platform: its settings, without secrets, and what the platform said.

    `address` is that of a sandbox server. What is left for later is written as a comment.
    """

    setup: Setup
    settings: Mapping[str, str] = field(default_factory=dict)
    address: str | None = None
    points: bool = False
    rewards: Mapping[str, int] = field(default_factory=dict)
    later: bool = False


@dataclass(frozen=True)
class CsvFile:
    """A CSV file: its name, what its rows are, the column of each field, and those of opt-outs.

    Without a column for each role in `missing` it cannot be read: it is written as a comment with
    its `headings`. So is a file of the same orders as another one, which `repeats` names. Of a
    file with the articles of another's orders, `lines_of` is that one's source. `name` is that of
    its source, `preset` the export that it was recognised as, `problem` why it could not be
    opened. `own_columns` are columns that nothing reads, by the names that they might get.
    """

    file: str
    holds: str
    columns: Mapping[str, str]
    imported_consent: str | None = None
    missing: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    said_no: tuple[str, ...] = ()
    total_is_of: str | None = None
    customers_of: str | None = None
    repeats: str | None = None
    lines_of: str | None = None
    preset: str | None = None
    name: str | None = None
    problem: str | None = None
    own_columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BrandAnswers:
    """The shop's colour as #rrggbb, and the file of its logo in the shop's folder."""

    colour: str | None = None
    logo: str | None = None


@dataclass(frozen=True)
class Answers:
    """All answers; `keys` are secrets by their environment names."""

    name: str
    country: str
    currency: str
    timezone: str
    postal_address: str
    e_mail: str
    person: str | None = None
    language: str = "en"  # the code of one that is shipped
    platforms: tuple[PlatformAnswers, ...] = ()
    files: tuple[CsvFile, ...] = ()
    brand: BrandAnswers = BrandAnswers()
    others_mail: frozenset[str] = frozenset()
    sending: SendingChoice | None = None
    public_address: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def readable_files(self) -> tuple[CsvFile, ...]:
        """Returns the files whose columns were understood."""
        return tuple(
            csv_file
            for csv_file in self.files
            if not (csv_file.missing or csv_file.repeats) and csv_file.holds != OPT_OUTS
        )

    @property
    def mail_language(self) -> Language:
        """Returns the language of the shop's templates, in its usual form of address."""
        return Language(self.language, territory=self.country)

    @property
    def sender(self) -> str:
        """Returns the display name of the From header: "Ana at Corner Café"."""
        display_name = f"{self.person} at {self.name}" if self.person else self.name
        return " ".join(display_name.translate(DISPLAY_NAME_REPLACEMENTS).split()) or "The shop"


# These characters delimit the address in a From header.
DISPLAY_NAME_REPLACEMENTS = str.maketrans({'"': "'", "<": "(", ">": ")"})
