"""Runs several of Prefect's commands in one process: Prefect is imported only once.

Its argument is `[[words, settings], …]` as JSON; exits with the first status that is not 0.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Mapping, Sequence


def run(arguments: Sequence[str], settings: Mapping[str, str]) -> object:
    from prefect.cli import app

    os.environ.update(settings)
    sys.argv = ["prefect", "--no-prompt", *arguments]
    try:
        app()
    except SystemExit as exit_error:
        return exit_error.code
    return None


if __name__ == "__main__":
    gc.set_threshold(100_000)
    for command in json.loads(sys.argv[1]):
        if status := run(*command):
            sys.exit(str(status))
