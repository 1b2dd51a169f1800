"""Consent values in the words of many programs and languages."""

from __future__ import annotations

import pytest

from connectors.consent_words import read_value
from shop.consent.basis import ConsentValue

YES = """
    yes|Yes|YES!|y|true|TRUE|1|1.0|x|X|on|ok|subscribed|Subscribed|opted in|Opt-in|OptedIn|opted_in
    double opt-in|signed up|Confirmed|consent given|yes please|Yes (2024-03-01)|yes, 2024-05-01
    Subscribed on 1 May 2024|opted in at till|Yes - at the counter|ja|Ja, gerne|WAHR|angemeldet
    sim|SIM|VERDADEIRO|Inscrita|aceita receber newsletter|sí|Si|suscrito|oui|VRAI|d'accord
    iscritto|akkoord|tak|ano|evet|да|✓|✔|✅|ｙｅｓ
"""
NO = """
    no|NO!|No|n|false|FALSE|0|0.0|off|never|no thanks|No, thanks|no thank you|opted_out|opted out
    OptedOut|OPTOUT|opt-out|opted-out 2023|opt out|Unsubscribed (2024-05-01)|unsubscribed|unsub
    un-subscribed|cleaned|bounced|hard bounce|complained|spam|spam complaint|suppressed|blacklisted
    blocked|removed|withdrawn|revoked|declined|refused|rejected|inactive|stopped|dnc
    do not mail|don't mail|do not contact|DO_NOT_CONTACT|Do Not E-Mail|no email|no e-mails please
    doesn't want|does not want mail|Not interested|not subscribed|NOT_SUBSCRIBED|not opted in
    Non-Subscribed|no longer subscribed|not a subscriber|No - asked at till|No (asked)
    nein|Nein danke|FALSCH|abgemeldet|widerrufen|hat widerrufen|keine Werbung|nicht einverstanden
    möchte nicht|kein interesse|Não|nao|Não!|não quer|não deseja receber|cancelado|descadastrado
    sem consentimento|baja|dado de baja|no desea|no quiere|sin consentimiento|non|FAUX|non merci
    désinscrit|Désabonné|ne souhaite pas|Ne veut plus|n'accepte pas|pas intéressé|n'est plus abonné
    disiscritto|no grazie|uitgeschreven|nee|niet akkoord|geen nieuwsbrief|nej tack|ikke|nie|odmowa
    отписан|нет|いいえ|✗|✘|❌|👎|🚫|Ｎｏ
"""
NONE = """
    -|—|n/a|N/A|null|unknown|[]|pending|unconfirmed|not confirmed|awaiting confirmation|not yet
    never subscribed|NEVER_SUBSCRIBED|noch nicht|noch nicht bestätigt|pendente|implied
"""
UNREAD = """
    maybe|perhaps|vielleicht|?|🤷|2|42|weekly|Rosa|none|sms only|was subscribed|=TRUE()
    yes until 2023, then unsubscribed|yes but unsubscribed|Opted in: no|yes, no|yes (no sms)|yes 0
    not unsubscribed|never bounced|no bounces|not blacklisted|subscribed/unsubscribed
    subscribed before 2020
"""


def values(table: str) -> list[str]:
    return [value for line in table.strip().splitlines() for value in line.strip().split("|")]


@pytest.mark.parametrize(
    ("table", "value"),
    [
        (YES, ConsentValue.YES),
        (NO, ConsentValue.NO),
        (NONE, ConsentValue.NONE),
        (UNREAD, ConsentValue.UNREAD),
    ],
    ids=["yes", "no", "none", "unread"],
)
def test_a_value_is_read_in_any_usual_wording(table: str, value: ConsentValue) -> None:
    assert {text: read_value(text) for text in values(table)} == dict.fromkeys(values(table), value)


def test_an_empty_value_says_nothing() -> None:
    assert read_value("  ") is ConsentValue.NONE


@pytest.mark.parametrize("write", [str.upper, str.lower, str.title, str.swapcase])
def test_capitals_make_no_yes_of_an_opt_out(write: object) -> None:
    assert callable(write)
    assert [text for text in values(NO) if read_value(write(text)) is ConsentValue.YES] == []
