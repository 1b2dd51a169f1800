"""Running Regulars in processes of its own, as a stranger would."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]


def environment() -> Mapping[str, str]:
    """As a stranger's shell: nothing of ours, nothing of Prefect's."""
    ours = ("REGULARS", "SHOPIFY", "PREFECT")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def regulars(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "regulars", *arguments],
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
