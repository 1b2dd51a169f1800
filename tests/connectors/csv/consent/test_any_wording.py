"""No row with evidence of an opt-out becomes consent, and a plain yes stays one.

The wordings are those of people and programs; the words that Regulars knows are in
`connectors.consent_vocabulary`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.consent_headings import read_consent
from connectors.csv.consent.detection import detect_columns
from connectors.csv.consent.people import Subject, summarize
from sandbox.cafe import NOW
from shop.consent.basis import ConsentValue
from tests.connectors.test_consent_words import values

OPT_OUTS = values("""
    no|No thanks|no thank you|unsubscribed|Unsubscribe|un-subscribed|not subscribed|opted out
    opt-out|opted_out|OptedOut|cleaned|bounced|hard bounce|complained|spam complaint
    marked as spam|suppressed|blacklisted|blocked|do not contact|do not mail|do not e-mail
    don't email|DNC|removed|withdrawn|consent withdrawn|revoked|declined|refused|rejected
    objected|cancelled|stopped|stop|not interested|no emails please|no newsletter|no marketing
    no longer subscribed|no longer wants mail|never|does not want e-mails|didn't consent
    has not agreed|wants no mail|please remove me|leave me alone|false|0|0.0|off|n|f|out
    inactive|não|Não quer|não aceita|não autoriza|não deseja receber|descadastrado|cancelado
    cancelou|recusou|sem consentimento|removido|retirou o consentimento|não, obrigada
    no quiere|no desea|no acepta|no autoriza|dado de baja|baja|de baja|rechazado
    sin consentimiento|no gracias|cancelada|ya no quiere|revocado|non|non merci|désinscrit
    désinscrite|désabonné|Désabonnée|refuse|refusé|n'accepte pas|ne veut pas
    ne souhaite plus recevoir|pas de newsletter|plus de mails|retiré|opposé|jamais|nein
    Nein, danke|abgemeldet|abbestellt|widerrufen|hat widerrufen|Einwilligung widerrufen
    gesperrt|keine Werbung|keine E-Mails|kein Newsletter|möchte nicht|will nicht
    nicht einverstanden|abgelehnt|nicht angemeldet|nie|widersprochen|ausgetragen|no grazie
    disiscritto|disiscritta|non iscritto|non vuole|non desidera ricevere|revocato|rifiutato
    nee|nee bedankt|uitgeschreven|afgemeld|geen nieuwsbrief|wil niet|niet akkoord|geweigerd
    ingetrokken|nej|nej tack|nei takk|avregistrerad|afmeldt|avmeldt|nie|nie chce|wypisany|ne
    unsub'd|rather not|prefers not|left the list|disagreed|unticked|unchecked|deselected
    lieber nicht|liegt nicht vor|will keine|bitte nicht|entzogen|s'oppose|plutôt non|rejeté
    saiu da lista|prefere não|oposição|prefiere no|se opone|desapuntado|preferisce di no
    liever niet|afgewezen|gestopt|avböjt|avanmäld|tackat nej|återkallat|inget samtycke
    fravalgt|spærret|ønsker ikke|avslått|meldt av|zrezygnował|wycofana|cofnięta|sprzeciw
    wypisał się|brak zgody|nie wyraża zgody
    odhlášen|ei|nem|hayır|нет|отписан|отписалась|не хочет|όχι|いいえ|退订|✗|✘|❌|👎|🚫
""")
YESES = values("""
    yes|y|true|1|1.0|x|on|ok|subscribed|Subscribed|opted in|opt-in|OptedIn|opted_in|signed up
    confirmed|double opt-in|yes please|yes (2024-03-01)|Subscribed on 1 May 2024|consent given
    agreed|accepted|ja|Ja, gerne|angemeldet|abonniert|eingewilligt|einverstanden|sim|aceita
    aceito|subscrito|inscrita|autorizado|sí|si|suscrito|acepta|acepto|oui|abonné|abonnée
    inscrite|accepte|d'accord|sì|iscritto|accetta|accetto|ingeschreven|akkoord|aangemeld|tak
    checked|approved|happy to receive|permission given|has consented|active subscriber
    liegt vor|hat zugestimmt|Ja, ich möchte|gewünscht|aktiver Abonnent|accordé|donné|coché
    concordo|sim, quero|dado|permitido|de acuerdo|otorgado|ha aceptado|dado de alta|acconsento
    consenso prestato|rilasciato|ha accettato|toestemming gegeven|gaat akkoord|ja tack
    godkänt|har samtyckt|bekräftad|accepteret|bekræftet|ja takk|bekreftet|wyrażona
    wyrażam zgodę|potwierdzony|zgadzam się|subskrybent
    ano|igen|evet|да|ναι|はい|✓|✔|✅|WAHR|VRAI|VERO|VERDADEIRO|WAAR
""")
OPT_IN_HEADINGS = values("""
    Newsletter|Accepts Email Marketing|accepts_marketing|Email Subscription Status|Consent
    Opt-in|Email marketing consent|Subscribed|Newsletter (yes/no)|May we mail you?
    Einwilligung|Werbung erlaubt|Aceita marketing|Consentimento|Suscrito|Boletín|Abonné
    Consentement|Iscritto|Consenso|Nieuwsbrief|Toestemming|Extra 7|Feld 3|Status|Marketing
    Marketing Allowed|Nyhetsbrev|Prenumererar|E-postmarknadsföring|Må kontaktes på e-mail
    Zgoda na newsletter|Subskrybent|Mag mailen|Darf angeschrieben werden|Happy to be emailed
""")
OPT_OUT_HEADINGS = values("""
    EMAIL_BLACKLISTED|Unsubscribed from all email|Email Unsubscribed|Unsubscribed
    unsubscribed_at|UNSUB_TIME|UNSUB_REASON|CLEAN_TIME|opt_out|Email Opt Out
    HasOptedOutOfEmail|optedOut|Opted out|Do not email|do_not_contact|DoNotMail|Suppressed
    Email suppression|Bounced|Hard bounced|no_newsletter|Keine Werbung|Newsletter abgemeldet
    Abgemeldet am|Werbewiderspruch|Descadastrado|Não quer emails|No desea publicidad
    Dado de baja|Désinscrit|Désabonné le|Pas de newsletter|Disiscritto|Uitgeschreven
    Newsletter nein|Lehnt Werbung ab|E-Mail ungültig|Pas d'email|Email invalide|Lista negra
    Anulou subscrição|Email devolvido|No desea recibir|Revocó consentimiento|Non inviare email
    Niente pubblicità|Lista nera|Email non valida|Non desidera ricevere|Zwarte lijst
    Onbestelbaar|Studsad|Ej nyhetsbrev|Må ikke mailes|Nie wysyłać|Bez newslettera|Muted|DNE
    Geen reclame|Spam complaint|Not subscribed|Consent withdrawn|Non-subscribed
""")
FLAGS = [
    "true",
    "True",
    "yes",
    "Y",
    "1",
    "x",
    "X",
    "ja",
    "sim",
    "oui",
    "sí",
    "✓",
    "2025-05-01 10:00",
]
CAPITALS: list[Callable[[str], str]] = [str, str.upper, str.lower, str.title, str.swapcase]
AROUND = ["{}", " {} ", "{}!", "{}.", "({})", '"{}"', "{} (2024-05-01)", "{} - 3 May 2024", "*{}*"]

capitals = st.sampled_from(CAPITALS)
opt_outs = st.builds(
    lambda text, write, around: write(around.format(text)),
    st.sampled_from(OPT_OUTS), capitals, st.sampled_from(AROUND),
)  # fmt: skip
yeses = st.sampled_from(YESES)
headings = st.builds(lambda text, write: write(text), st.sampled_from(OPT_IN_HEADINGS), capitals)
against = st.builds(lambda text, write: write(text), st.sampled_from(OPT_OUT_HEADINGS), capitals)
spaces = st.sampled_from([" ", "_", "-", "  ", "\N{NO-BREAK SPACE}"])


def read_rows(
    columns: list[str], named: dict[str, int], rows: Sequence[tuple[str, ...]]
) -> dict[str, set[ConsentValue]]:
    """Return what the rows of a list say, by customer; the first cell is their number."""
    consent_columns = detect_columns(
        columns, named, rows, file="customers.csv", zone=ZoneInfo("Europe/Lisbon"),
        vouched=None, since_order=None, usual_order=None,
    )  # fmt: skip
    subjects = [(row, Subject(row[0], None)) for row in rows]
    summary = summarize(subjects, consent_columns, NOW)
    says: dict[str, set[ConsentValue]] = {}
    for row, subject in subjects:
        if statement := summary.read(row, subject, NOW):
            says.setdefault(row[0], set()).add(statement.value)
    return says


@given(opt_outs, headings, spaces)
def test_an_opt_out_in_any_wording_is_no_yes(text: str, heading: str, space: str) -> None:
    assert read_consent(text.replace(" ", space), heading) in (ConsentValue.NO, ConsentValue.UNREAD)


@given(against, st.sampled_from([*FLAGS, *YESES]) | opt_outs)
def test_nothing_is_a_yes_under_a_heading_against_mail(heading: str, text: str) -> None:
    assert read_consent(text, heading) is not ConsentValue.YES


@given(
    headings,
    against,
    st.lists(yeses | st.just(""), min_size=1, max_size=3),
    st.sampled_from(["consent", "said no", "not named"]),
    opt_outs,
    st.sampled_from(FLAGS),
    st.randoms(use_true_random=False),
)
def test_no_order_of_rows_makes_a_yes_of_an_opt_out(  # noqa: PLR0917 - what is generated
    heading: str, column: str, cells: list[str], where: str, opt_out: str, flag: str, random: object
) -> None:
    rows = [("ana", cell, "") for cell in cells] + [("bruno", "yes", ""), ("bruno", "", "")]
    rows.append(("ana", opt_out, "") if where == "consent" else ("ana", "yes", flag))
    random.shuffle(rows)  # type: ignore[attr-defined]  # hypothesis's Random
    named = {"customer": 0, "consent": 1} | ({"said_no": 2} if where == "said no" else {})
    says = read_rows(["Number", heading, column], named, rows)
    assert ConsentValue.YES not in says["ana"]
    assert says["ana"] & {ConsentValue.NO, ConsentValue.UNREAD}
    assert says["bruno"] == {ConsentValue.YES}


@pytest.mark.parametrize("write", CAPITALS)
def test_nearly_every_plain_yes_stays_one(write: Callable[[str], str]) -> None:
    cases = [(write(text), heading) for text in YESES for heading in OPT_IN_HEADINGS]
    lost = [case for case in cases if read_consent(*case) is not ConsentValue.YES]
    assert len(lost) <= 0.01 * len(cases), lost
