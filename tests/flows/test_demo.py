"""The demo in real processes, with real HTTP and a real Prefect server."""

from __future__ import annotations

import email
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from tests.flows.processes import environment, regulars

RULES = (
    "abandoned-cart",
    "birthday",
    "points-earned",
    "points-expiring",
    "unhappy-visit",
    "we-miss-you",
    "welcome",
)


KINDS = {
    "birthday",
    "cart-reminder",
    "first-visit-treat",
    "points-earned",
    "points-expiring",
    "sorry-from-the-owner",
    "we-miss-you",
    "welcome",
}


def mails(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mtime_ns for file in (folder / "outbox").glob("*.eml")}


def test_the_demo_mails_each_kind(demo: Path) -> None:
    """Prefect keeps one artifact a rule and no personal data."""
    first = regulars(demo, "demo")
    assert first.returncode == 0, first.stderr
    written = mails(demo)
    assert len(written) > 20
    assert {f"{Path(name).stem}.html" for name in written} == {
        file.name for file in (demo / "outbox").glob("*.html")
    }
    assert all(name in first.stdout for name in RULES)
    assert "Reach: " in first.stdout
    assert "regulars approve unhappy-visit" in first.stdout
    kinds = templates_in_the_outbox(demo)
    assert kinds.keys() == KINDS
    summary_line = f"{len(written)} mails to {recipient_count(demo)} people, of {len(KINDS)} kinds:"
    assert summary_line in first.stdout
    assert all(f"{name} {count}" in first.stdout for name, count in kinds.items())
    check_what_prefect_keeps(demo / ".regulars" / "prefect" / "prefect.db")


@pytest.mark.soak
def test_a_second_demo_adds_no_mail(fresh_demo: Path) -> None:
    """Both migrate their databases themselves."""
    first = regulars(fresh_demo, "demo")
    assert first.returncode == 0, first.stderr
    written = mails(fresh_demo)
    assert len(written) > 20
    second = regulars(fresh_demo, "demo")
    assert second.returncode == 0, second.stderr
    assert mails(fresh_demo) == written


def check_what_prefect_keeps(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        runs = connection.execute(
            "SELECT flow.name, flow_run.state_type FROM flow_run JOIN flow ON flow.id = flow_id"
        ).fetchall()
        artifacts = connection.execute("SELECT key, data FROM artifact").fetchall()
        tags = connection.execute("SELECT tags FROM flow_run WHERE tags != '[]'").fetchall()
    assert Counter(runs) == {
        ("tick", "COMPLETED"): 3,
        ("rule", "COMPLETED"): len(tags),
        ("deliver", "COMPLETED"): 3,
    }
    assert {key for key, _ in artifacts} == {f"rule-{name}" for name in RULES}
    assert len(artifacts) == len(tags)
    assert {tag for (tag,) in tags} == {f'["{name}"]' for name in RULES}
    content = b"".join(file.read_bytes() for file in database.parent.glob("prefect.db*"))
    assert b"@example" not in content
    assert b"demo-secret" not in content


@pytest.mark.soak
def test_a_killed_demo_leaves_no_process_and_the_next_one_completes_it(demo: Path) -> None:
    """Killed during its first mail, then a little later; the third run completes it."""
    for seconds_after_a_mail in (0.0, 0.02):
        before = mails(demo)
        kill_after_the_next_mail(demo, seconds_after_a_mail)
        assert before.items() < mails(demo).items()
    before = mails(demo)
    completed = regulars(demo, "demo")
    assert completed.returncode == 0, completed.stderr
    after = mails(demo)
    assert before.items() < after.items()
    with sqlite3.connect(demo / "regulars.db") as connection:
        states = dict(connection.execute("SELECT state, count(*) FROM messages GROUP BY state"))
    assert states == {"rehearsed": len(after)}
    assert len(after) > 20


def kill_after_the_next_mail(folder: Path, seconds: float) -> None:
    """Kill the demo after its next mail; its child processes must end, too."""
    mails_before = len(eml_files(folder))
    process = subprocess.Popen(
        [sys.executable, "-m", "regulars", "demo"],
        cwd=folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for_more_than(mails_before, folder, process)
        time.sleep(seconds)
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) >= 2, "Prefect's server and the look-alike should be running"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive


def templates_in_the_outbox(folder: Path) -> Counter[str]:
    """Returns how many mails of each template lie in the outbox."""
    with sqlite3.connect(folder / "regulars.db") as connection:
        templates = dict(connection.execute("SELECT id, template FROM messages"))
    return Counter(templates[file.stem] for file in eml_files(folder))


def recipient_count(folder: Path) -> int:
    mails = [email.message_from_bytes(mail.read_bytes()) for mail in eml_files(folder)]
    return len({mail["To"] for mail in mails})


def eml_files(folder: Path) -> list[Path]:
    return list((folder / "outbox").glob("*.eml"))


def wait_for_more_than(count: int, folder: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while len(eml_files(folder)) <= count:
        assert process.poll() is None, "it ended before its next mail"
        assert time.monotonic() < deadline, "no mail in two minutes"
        time.sleep(0.002)


def test_the_demo_does_not_touch_a_real_shop(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        "shop: {name: X, country: PT, language: en, currency: EUR, timezone: Europe/Lisbon,"
        " reply to: a@x.example, postal address: Y}\n"
        "sending: {from: A <a@x.example>}\n"
        "sources: {online-shop: {from: shopify, store: x.myshopify.com,"
        " client id: $SHOPIFY_CLIENT_ID, client secret: $SHOPIFY_CLIENT_SECRET}}\n"
    )
    completed = regulars(tmp_path, "demo")
    assert completed.returncode == 1
    assert "shop of its own" in completed.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]
