"""The manifest of a backup: file names, sizes, digests, and the names that are allowed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from sqlmodel import SQLModel

import shop.tables  # noqa: F401  # fills the metadata
from engine.config.owner_config import TEMPLATES_FOLDER
from settings.brand.picture_file import ENDINGS as PICTURE_ENDINGS
from settings.errors import SourceDataError

KIND = "regulars backup"
FORMAT = 1
MANIFEST = "manifest.json"
CONFIG = "config.yaml"
SQLITE = "regulars.db"
TABLES = "tables"
CHUNK = 4096  # bytes; within gzip's buffer, so that it never seeks back to the start
MAX_MANIFEST = 1_000_000
PICTURES = "pictures"  # of the brand, below it as they are below the shop's folder
MAX_TEXT_FILE = 20_000_000  # bytes of any file but the data
MAX_COMPRESSION = 1_100  # deflate cannot compress by more than about 1,032


class InvalidBackupError(SourceDataError):
    """The file is not a backup, or is damaged."""


@dataclass(frozen=True)
class Member:
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """The first member of a backup."""

    made_at: datetime
    revision: str
    database: str  # sqlite, postgresql
    secrets: tuple[str, ...]  # names only
    members: Mapping[str, Member]

    @property
    def tables(self) -> list[str]:
        return [name for name in self.members if name.startswith(f"{TABLES}/")]

    def to_json(self) -> bytes:
        document = {
            KIND: FORMAT,
            "made at": self.made_at.isoformat(),
            "revision": self.revision,
            "database": self.database,
            "secrets": list(self.secrets),
            "files": {
                name: {"size": member.size, "sha256": member.sha256}
                for name, member in self.members.items()
            },
        }
        return json.dumps(document, indent=1).encode()


def read_manifest(raw: bytes) -> Manifest:
    """Parse and validate untrusted JSON. Raises `InvalidBackupError`."""
    try:
        document = json.loads(raw)
        if document[KIND] != FORMAT:
            raise InvalidBackupError("This backup was made by a newer Regulars. Install that one.")
        manifest = Manifest(
            made_at=datetime.fromisoformat(document["made at"]),
            revision=_parse_text(document["revision"]),
            database=_parse_text(document["database"]),
            secrets=tuple(_parse_text(name) for name in document["secrets"]),
            members={
                name: Member(_parse_size(fields["size"]), _parse_text(fields["sha256"]))
                for name, fields in document["files"].items()
            },
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InvalidBackupError("This is no backup of Regulars, or it is damaged.") from None
    _validate(manifest)
    return manifest


def _validate(manifest: Manifest) -> None:
    if manifest.made_at.tzinfo is None or not manifest.revision.isdigit():
        raise InvalidBackupError("This is no backup of Regulars, or it is damaged.")
    for name, member in manifest.members.items():
        if not is_allowed_name(name):
            raise InvalidBackupError(
                f"This backup holds a file of a name that none of ours has: {name!r}."
            )
        if not is_data_file(name) and member.size > MAX_TEXT_FILE:
            raise InvalidBackupError(
                f"This backup says that its {name!r} is larger than any of ours."
            )
    has_data = SQLITE in manifest.members if manifest.database == "sqlite" else manifest.tables
    if CONFIG not in manifest.members or not has_data:
        raise InvalidBackupError(
            "This backup is not whole: the owner's file or the data are missing."
        )


def is_allowed_name(name: str) -> bool:
    """Whether `name` is a file that `create_backup` writes; no path can lead out of the folder."""
    if not name.isprintable() or "\\" in name or ":" in name or len(name) > 200:
        return False
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or str(path) != name:
        return False
    if path.parts[0] == TEMPLATES_FOLDER:
        return len(path.parts) > 1
    if path.parts[0] == PICTURES:
        return len(path.parts) > 1 and path.suffix.lower() in PICTURE_ENDINGS
    return name in {CONFIG, SQLITE, "no-mail.csv"} or name in {
        f"{TABLES}/{table}.jsonl" for table in SQLModel.metadata.tables
    }


def is_data_file(name: str) -> bool:
    return name == SQLITE or name.startswith(f"{TABLES}/") or name == "no-mail.csv"


def hash_file(file: Path) -> Member:
    """Returns the size and SHA-256 digest of `file`."""
    with file.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256")
        return Member(opened.tell(), sha256.hexdigest())


def _parse_text(value: object) -> str:
    """A text that may be printed: escape sequences of a terminal are refused."""
    if not isinstance(value, str) or not value.isprintable():
        raise TypeError
    return value


def _parse_size(value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise TypeError
    return value
