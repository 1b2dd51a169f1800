"""Looks up known vulnerabilities of the installed packages, where the data can be reached.

Usage: `python .ci/audit.py`, which `make audit` does. Exits with 1 if a vulnerability is known, and
with 0 if none is, or if the database cannot be reached or does not answer; it says which.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

DATABASE = "https://api.osv.dev/v1/query"  # https://google.github.io/osv.dev/api/
REACH_TIMEOUT = 5  # seconds
AUDIT_TIMEOUT = 120  # seconds
OPTIONS = (
    "--local", "--skip-editable", "--progress-spinner=off", "--timeout=10",
    "--vulnerability-service=osv",
)  # fmt: skip
NOT_LOOKED_UP = "Known vulnerabilities were NOT looked up: {reason}."


def main() -> int:
    database = os.environ.get("OSV_URL", DATABASE)
    if not is_reachable(database):
        return skip(f"{database} cannot be reached from here")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report"
        command = [
            sys.executable, "-m", "pip_audit", *OPTIONS, f"--osv-url={database}",
            f"--output={report}",
        ]  # fmt: skip
        try:
            audit = subprocess.run(  # noqa: S603  # our own arguments
                command, check=False, timeout=AUDIT_TIMEOUT, capture_output=True, text=True
            )
        except subprocess.TimeoutExpired:
            return skip(f"{database} did not answer within {AUDIT_TIMEOUT} seconds")
        if audit.returncode and not report.exists():  # a request failed
            return skip(f"{database} did not answer every request")
        sys.stdout.write(audit.stderr + (report.read_text() if report.exists() else ""))
        return audit.returncode


def is_reachable(address: str) -> bool:
    """Returns whether a server answers at `address`, with whatever status."""
    try:
        urllib.request.urlopen(address, timeout=REACH_TIMEOUT).close()  # noqa: S310  # https
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def skip(reason: str) -> int:
    sys.stdout.write(NOT_LOOKED_UP.format(reason=reason) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
