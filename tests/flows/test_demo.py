"""The demo as a stranger runs it: real processes, real HTTP, real Prefect."""

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
    return {one.name: one.stat().st_mtime_ns for one in (folder / "outbox").glob("*.eml")}


def test_the_demo_mails_once_and_a_second_one_adds_none(fresh_demo: Path) -> None:
    """And Prefect keeps one artifact a rule, and nothing about people."""
    demo = fresh_demo
    first = regulars(demo, "demo")
    assert first.returncode == 0, first.stderr
    written = mails(demo)
    assert len(written) > 20
    assert {f"{Path(name).stem}.html" for name in written} == {
        one.name for one in (demo / "outbox").glob("*.html")
    }
    assert all(name in first.stdout for name in RULES)
    assert "Reach: " in first.stdout
    assert "regulars approve unhappy-visit" in first.stdout
    kinds = templates_in_the_outbox(demo)
    assert kinds.keys() == KINDS
    told = f"{len(written)} mails to {people(demo)} people, of {len(KINDS)} kinds:"
    assert told in first.stdout
    assert all(f"{name} {many}" in first.stdout for name, many in kinds.items())
    check_what_prefect_keeps(demo / ".regulars" / "prefect" / "prefect.db")
    again = regulars(demo, "demo")
    assert again.returncode == 0, again.stderr
    assert mails(demo) == written


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
    everything = b"".join(one.read_bytes() for one in database.parent.glob("prefect.db*"))
    assert b"@example" not in everything
    assert b"demo-secret" not in everything


def test_a_killed_demo_leaves_no_process_and_the_next_one_completes_it(demo: Path) -> None:
    """Killed twice, within its first mail and a little later, and completed by the third."""
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
    """And whatever it had started ends with it."""
    known = len(eml(folder))
    process = subprocess.Popen(
        [sys.executable, "-m", "regulars", "demo"],
        cwd=folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for_more_than(known, folder, process)
        time.sleep(seconds)
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) >= 2, "Prefect's server and the look-alike should be running"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive


def templates_in_the_outbox(folder: Path) -> Counter[str]:
    """Of each mail that lies there as a file, by its name."""
    with sqlite3.connect(folder / "regulars.db") as connection:
        of = dict(connection.execute("SELECT id, template FROM messages"))
    return Counter(of[one.stem] for one in eml(folder))


def people(folder: Path) -> int:
    written = [email.message_from_bytes(one.read_bytes()) for one in eml(folder)]
    return len({one["To"] for one in written})


def eml(folder: Path) -> list[Path]:
    return list((folder / "outbox").glob("*.eml"))


def wait_for_more_than(known: int, folder: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while len(eml(folder)) <= known:
        assert process.poll() is None, "it ended before its next mail"
        assert time.monotonic() < deadline, "no mail in two minutes"
        time.sleep(0.002)


def test_a_shop_of_its_own_is_not_touched(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        "shop: {name: X, country: PT, currency: EUR, timezone: Europe/Lisbon,"
        " reply to: a@x.example, postal address: Y}\n"
        "sending: {from: A <a@x.example>}\n"
        "sources: {online-shop: {from: shopify, store: x.myshopify.com,"
        " client id: $SHOPIFY_CLIENT_ID, client secret: $SHOPIFY_CLIENT_SECRET}}\n"
    )
    refused = regulars(tmp_path, "demo")
    assert refused.returncode == 1
    assert "shop of its own" in refused.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["config.yaml"]
