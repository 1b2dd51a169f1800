"""What `regulars serve` says, and what it never says."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.sync import Report
from engine.config.owner_config import read_owners_file
from engine.delivery.going_live import Rehearsed
from engine.sync.sync import Synced
from engine.tick.counts import Counts
from flows.serve.scheduler import FILE
from regulars.commands.serve import run
from regulars.commands.serve_log import Telling, run_told
from regulars.terminal.log import Form, Log
from settings.errors import OutOfReach
from settings.yaml.load import FileNotUnderstood
from tests.cafe import FILE as SHOP

TEN = datetime(2026, 7, 3, 9, tzinfo=UTC)  # ten o'clock in Lisbon


class Heard:
    """A telling, what it wrote, and the details it kept aside."""

    def __init__(self, form: Form = Form.TEXT) -> None:
        self._out, self.kept = io.StringIO(), list[str]()
        log = Log(form, ZoneInfo("Europe/Lisbon"), lambda: TEN, self._out)
        self.telling = Telling(log, self.kept.append, lambda _shop: None)

    def lines(self) -> list[str]:
        return self._out.getvalue().splitlines()


def counts(**outcomes: int) -> dict[str, Counts]:
    return {"welcome": Counts(Counter(outcomes))}


@pytest.mark.parametrize(
    ("outcomes", "waiting", "said"),
    [
        ({"sent": 3}, 1, "3 mails sent, 1 waits for your word"),
        ({"rehearsed": 1, "failed": 2}, 0, "1 mail rehearsed, 2 mails failed"),
        ({}, 2, "2 wait for your word"),
        ({}, 0, "nobody waits for your word any more"),
    ],
)
def test_a_look_is_a_sentence(outcomes: dict[str, int], waiting: int, said: str) -> None:
    assert run_told(Counts(Counter(outcomes)), waiting) == said


def test_going_live_is_told_once() -> None:
    heard = Heard()
    for _ in range(2):
        heard.telling.goes_live(Rehearsed(all=23, in_time=4))
    [line] = heard.lines()
    assert line.startswith("10:00 run: This shop sends for real now. Until now 23 mails were")
    assert "4 of them could still go" in line


def test_a_look_that_did_nothing_is_told_to_no_person() -> None:
    heard = Heard()
    heard.telling.looked(counts(), 0)
    heard.telling.looked(counts(sent=3), 1)
    heard.telling.looked(counts(waiting=5), 1)
    assert heard.lines() == ["10:00 run: 3 mails sent, 1 waits for your word"]


def test_as_json_every_look_is_a_document() -> None:
    heard = Heard(Form.JSON)
    heard.telling.looked(counts(), 0)
    [document] = map(json.loads, heard.lines())
    assert document["at"] == "2026-07-03T09:00:00+00:00"
    assert (document["what"], document["said"], document["sent"]) == ("run", "", 0)


def test_what_stays_as_it_was_is_said_once() -> None:
    heard = Heard()
    for sentence in ("Square is silent.", "Square is silent.", "Square refuses the key."):
        heard.telling.stands("till", OutOfReach(sentence))
    heard.telling.stands("till", None)
    heard.telling.stands("till", None)
    assert heard.lines() == [
        "10:00 till: Square is silent.",
        "10:00 till: Square refuses the key.",
        "10:00 till: works again.",
    ]


def test_what_always_worked_is_not_said_to_work() -> None:
    heard = Heard()
    heard.telling.stands("till", None)
    assert heard.lines() == []


def test_a_source_tells_what_arrived() -> None:
    heard = Heard()
    report = Report("online-shop", {"customers": 1, "orders": 0, "abandonedCheckouts": 2})
    heard.telling.synced(Synced("online-shop", report, None))
    assert heard.lines() == ["10:00 online-shop: 1 customer, 2 carts"]


def test_a_broken_file_is_told_by_its_line_and_quoted_nowhere(tmp_path: Path) -> None:
    wrong = tmp_path / "config.yaml"
    wrong.write_text(SHOP.replace("reply to: ana@cornercafe.example", "reply to: ana@@secret"))
    with pytest.raises(FileNotUnderstood) as raised:
        read_owners_file(wrong, {})
    heard = Heard()
    heard.telling.stands(FILE, raised.value)
    [line] = heard.lines()
    assert "the first in line 7: regulars check names them. Nothing is read or sent" in line
    assert "secret" not in line


@pytest.mark.parametrize("form", Form)
def test_no_address_gets_into_the_log(form: Form) -> None:
    heard = Heard(form)
    heard.telling.stands("till", OutOfReach("It knows no clara@example.com, nor <b.o@x.example>."))
    [line] = heard.lines()
    assert "@" not in line
    assert "It knows no …" in line


def test_a_fault_of_ours_is_told_by_its_place_and_its_words_are_kept_aside() -> None:
    heard = Heard()
    for _ in range(2):
        heard.telling.stands("run", _fault(lambda: int("clara")))
    [line] = heard.lines()
    assert "ValueError at test_serve_log.py:" in line
    assert "clara" not in line
    assert "clara" in heard.kept[0]


def _fault(broken: Callable[[], object]) -> Exception:
    try:
        broken()
    except ValueError as fault:
        return fault
    raise AssertionError


@pytest.mark.parametrize("wrong", ["misspelt: yes\n", "schedule: {look every: 2 days}\n"])
def test_a_file_with_a_mistake_is_not_served(tmp_path: Path, wrong: str) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(SHOP + wrong)
    with pytest.raises(FileNotUnderstood, match="1 to fix"):
        run(config, door=None, form=Form.TEXT)
