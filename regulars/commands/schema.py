"""`regulars schema`: prints the JSON Schema of the owner's config."""

from __future__ import annotations

from regulars.terminal.output import print_json


def command() -> None:
    """Print the JSON Schema of the owner's file, for editors that complete and check it.

    Example: regulars schema > config.schema.json
    """
    run()


def run() -> None:
    """Print the schema on standard output."""
    from engine.config.owner_config import OwnerConfig
    from settings.schema import json_schema

    print_json(json_schema(OwnerConfig))
