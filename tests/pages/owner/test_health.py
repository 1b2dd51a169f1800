"""The page Health shows what `regulars health --json` prints."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import insert

from connectors.sync import WHOLE_SOURCE
from engine.live.doctor_results import save_findings
from engine.live.finding import Finding, FindingKind, Topic
from engine.owner.health import load_health
from regulars.commands.health import to_document
from shop.db.engine import read_transaction, write_transaction
from shop.db.provider_stops import stop_provider
from shop.db.stops import stop_mail
from shop.tables import QuarantinedRecord, SyncState
from tests.cafe import DAY, HOUR, MARCH
from tests.pages.owner.browsers import OwnerSitePages, words


def test_a_shop_that_is_well_says_so(owner_site: OwnerSitePages) -> None:
    owner_site.cafe.run()
    text = words(owner_site.browser.get("/health"))
    assert "fine Nothing at the moment" in text
    assert "The doctor has not looked yet" in text


def test_each_thing_that_is_wrong_says_what_to_do(owner_site: OwnerSitePages) -> None:
    cafe = owner_site.cafe
    with write_transaction(cafe.engine) as connection:
        stop_mail(connection, None, "we move house", now=MARCH - HOUR)
        stop_provider(connection, "gmail", "refused 9 of 10", now=MARCH - HOUR)
    wrong = Finding(Topic.DOMAIN, FindingKind.WRONG, "No SPF record", "Add one at your host.")
    save_findings(cafe.shop, [wrong], now=MARCH - 2 * DAY)
    text = words(owner_site.browser.get("/health"))
    for sentence in (
        "all mail is stopped: we move house. To go on: regulars start",
        "mail to gmail is held: refused 9 of 10. If it may go: regulars start --to gmail",
        "No SPF record. Your domain. Add one at your host.",
        "Looked 2 days ago.",
    ):
        assert sentence in text


@pytest.mark.parametrize(
    ("since", "sentence"),
    [
        (None, "till was not read for 1 day."),
        (MARCH - HOUR, "till cannot be read since 3 March 09:00."),
    ],
)
def test_a_source_that_is_old_or_failing_needs_the_owner(
    owner_site: OwnerSitePages, since: datetime | None, sentence: str
) -> None:
    """
    sources:
      till:
        {from: csv, file: till.csv, holds: answers, columns: {customer: Who, when: At, csat: Stars}}
    """
    state = {"source": "till", "stream": WHOLE_SOURCE, "finished_at": MARCH - 30 * HOUR}
    with write_transaction(owner_site.cafe.engine) as connection:
        connection.execute(insert(SyncState).values(state | {"since": since}))
    assert sentence in words(owner_site.browser.get("/health"))


def test_the_page_and_the_command_show_the_same_numbers(
    owner_site: OwnerSitePages,
) -> None:
    """
    sources:
      till:
        {from: csv, file: till.csv, holds: answers, columns: {customer: Who, when: At, csat: Stars}}
    """
    cafe = owner_site.cafe
    with write_transaction(cafe.engine) as connection:
        record = {"stream": "orders", "reason": "no time", "record": "{}", "seen_at": MARCH}
        rows = [{"source": "till", "record_key": str(key), **record} for key in range(12)]
        connection.execute(insert(QuarantinedRecord), rows)
        state = {"source": "till", "stream": "orders", "finished_at": MARCH - 3 * DAY}
        connection.execute(insert(SyncState).values(state))
    with read_transaction(cafe.engine) as connection:
        document = to_document(load_health(connection, cafe.shop, now=MARCH))
    [till] = document["sources"]
    assert (till["state"], till["set aside"]) == ("old", 12)
    text = words(owner_site.browser.get("/health"))
    assert (
        f"till {till['platform']} · read 3 days ago {till['set aside']} records set aside" in text
    )
    assert f"Failed in 24 hours {document['mails']['failed']}" in text
    assert document["concerns"][0]["message"] in text
