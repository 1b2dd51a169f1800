"""Headings of consent, and values read together with them."""

from __future__ import annotations

import pytest

from connectors.consent_headings import (
    HeadingSense,
    column_sense,
    heading_sense,
    opt_out_evidence,
    read_consent,
    read_opt_out,
)
from tests.connectors.test_consent_words import values

OPT_OUT = """
    EMAIL_BLACKLISTED|Unsubscribed from all email|Email Unsubscribed|opt_out|Opt-out|OptOut
    Do not email|suppressed|bounced|cleaned|no_newsletter|Keine Werbung|désinscrit|UNSUB_TIME
    UNSUB_REASON|CLEAN_TIME|CLEAN_CAMPAIGN_TITLE|UNSUB_CAMPAIGN_ID
    Opted out of email: Marketing Information|Unsubscribed|Unsubscribed Date|Do Not Contact
    DoNotEmail|HasOptedOutOfEmail|Email Opt Out|email_opt_out|Abgemeldet am
    Newsletter abgemeldet|Descadastrado|Não deseja receber emails|No desea publicidad
    Disiscritto|Uitgeschreven|Geen nieuwsbrief|Pas de newsletter|Consent withdrawn
    Newsletter cancelled at|Email Suppressions|Spam complaint|no mail
    Marketing emails bounced|Hard Bounced|Email hard bounce reason|No email|Werbewiderspruch
    keine Mails|Widerruf Einwilligung|Bounced Email Address|Unsubscribe reason
    Marketing opt out date|Email is blacklisted|Email disabled|Not subscribed|unsubscribedAt
    Email Marketing Opt-Out|Sem newsletter|no-mail|NON_SUBSCRIBED|emailoptout|isUnsubscribed
    Dado de baja|Désabonné le|Opted Out|unsubscribed_at|Exclude from marketing|Email blocked
    Email status: unsubscribed
"""
OPT_IN = """
    Accepts Email Marketing|Accepts Marketing|Newsletter|Email Subscription Status
    Email subscriber status|OPTIN_TIME|CONFIRM_TIME|consent|Email Marketing Consent|Opt-in
    opt_in|optIn|Email Opt In|Subscribed|Einwilligung Newsletter|Einwilligung
    Aceita marketing|Aceita newsletter|Suscrito|Abonné|Consentement|Iscritto newsletter
    Toestemming|Nieuwsbrief|Boletim|Newsletter (yes/no)|Newsletter ja/nein
    Marketing permission|Email status|May we mail you?|GDPR consent|Werbung erlaubt
    Marketing opt-in date|Email permission status|Subscribed at|Opted in
    Subscribed to newsletter?|Wants newsletter|Mailing list|Accetta marketing
    newsletter_opt_in|Consent date|Email Consent|Opt-in date
"""
UNCLEAR = """
    Subscribed/Unsubscribed|Opt-in / Opt-out|opt in or out|Not unsubscribed
"""
NEITHER = """
    Email|First Name|Accepts SMS Marketing|SMS_BLACKLISTED|Phone|Tags|Note|Notes|Total Orders
    Tax Exempt|Consent to track|Unsubscribe link|OPTIN_IP|CONFIRM_IP|Cancelled bookings
    Status|Active|Memo|Birthday|Creation Source|Last Visit|Member Rating|Allergies|No.
    Customer No|No of emails opened|SMS opt out|LAST_CHANGED|Joined|Subscription plan
    Card declined|Refused delivery|Address|Blocked|Instant Profile|Do not call|Phone opt-out
    WhatsApp opt in|State|Postal address|Company|Country Code|Removed
"""


@pytest.mark.parametrize(
    ("table", "sense"),
    [
        (OPT_OUT, HeadingSense.OPT_OUT),
        (OPT_IN, HeadingSense.OPT_IN),
        (UNCLEAR, HeadingSense.UNCLEAR),
        (NEITHER, None),
    ],
    ids=["opt-out", "opt-in", "unclear", "neither"],
)
def test_a_heading_has_its_sense(table: str, sense: HeadingSense | None) -> None:
    senses = {heading: heading_sense(heading) for heading in values(table)}
    assert senses == dict.fromkeys(values(table), sense)


@pytest.mark.parametrize(
    ("text", "heading", "says"),
    [
        ("true", "EMAIL_BLACKLISTED", "no"),
        ("false", "EMAIL_BLACKLISTED", "none"),
        ("", "EMAIL_BLACKLISTED", "none"),
        ("yes", "Newsletter", "yes"),
        ("no", "Newsletter", "no"),
        ("2024-01-01 10:00:00", "OPTIN_TIME", "yes"),
        ("0000-00-00 00:00:00", "OPTIN_TIME", "none"),
        ("2024-01-01", "Created", "unread"),
        ("1", "Email Unsubscribed", "no"),
        ("True", "Unsubscribed from all email", "no"),
        ("Opted in: no", "Consent", "no"),
        ("subscribed=false", "X", "no"),
        ('{"subscribed": true}', "X", "yes"),
        ("opted out: yes", "X", "no"),
        ("opted out: no", "Consent", "none"),
        ("true", "Subscribed/Unsubscribed", "unread"),
        ("unsubscribed", "Subscribed/Unsubscribed", "no"),
        ("subscribed", "Subscribed/Unsubscribed", "yes"),
        ("x", "Keine Werbung", "no"),
        ("ja", "Keine Werbung", "no"),
        ("nein", "Keine Werbung", "none"),
        ("May 3, 2024", "Opt-in date", "yes"),
        ("yes", "SMS", "unread"),
        ("ja", "Widerrufen", "no"),
        ("yes", "Cancelled", "no"),
        ("5", "Newsletter", "unread"),
    ],
)
def test_a_consent_cell_is_read_with_its_heading(text: str, heading: str, says: str) -> None:
    assert read_consent(text, heading) == says


@pytest.mark.parametrize(
    ("text", "heading", "says"),
    [
        ("2025-05-01 10:00:00", "UNSUB_TIME", "no"),
        ("No longer interested", "UNSUB_REASON", "no"),
        ("", "UNSUB_TIME", "none"),
        ("no", "Newsletter", "no"),
        ("yes", "Newsletter", "none"),
        ("yes", "Flag", "no"),
        ("false", "Flag", "none"),
        ("no", "Email Unsubscribed", "none"),
        ("never", "Do not email", "unread"),
        ("77", "UNSUB_CAMPAIGN_ID", "no"),
        ("May", "UNSUB_CAMPAIGN_TITLE", "no"),
        ("unsubscribed", "Status", "no"),
        ("3", "Bounces", "no"),
        ("N/A", "Unsubscribed", "none"),
        ('["UNSUBSCRIBE"]', "Email Suppressions", "no"),
        ("[]", "Email Suppressions", "none"),
        ("no", "UNSUB_REASON", "none"),
        ("dont want", "Flag", "no"),
        ("subscribed", "Status", "none"),
    ],
)
def test_a_cell_of_a_column_of_opt_outs_is_never_a_yes(text: str, heading: str, says: str) -> None:
    assert read_opt_out(text, heading) == says


@pytest.mark.parametrize(
    ("text", "heading", "says"),
    [
        ("unsubscribed", "Email Subscription Status", "no"),
        ("subscribed", "Email Subscription Status", None),
        ("unknown", "Email Subscription Status", None),
        ("no", "Accepts SMS Marketing", None),
        ("true", "SMS_BLACKLISTED", None),
        ("no", "Tax Exempt", None),
        ("asked to be unsubscribed from newsletter", "Note", "unread"),
        ("unsubscribed", "Tags", "no"),
        ("vip, unsubscribed", "Tags", "unread"),
        ("bounced", "Status", "no"),
        ("cancelled", "Status", None),
        ("cancelled", "Subscription status", None),
        ("cancelled", "Email Subscription Status", "no"),
        ("no", "Newsletter", "no"),
        ("No", "Tax", None),
        ("Rosa", "First", None),
        ("do not email", "Notes", "no"),
        ("true", "Email Unsubscribed", "no"),
        ("false", "Email Unsubscribed", None),
        ("Weekly", "Newsletter", None),
        ("2024-01-01", "OPTIN_TIME", None),
        ("no peanuts", "Notes", None),
        ("192.0.2.1", "OPTIN_IP", None),
    ],
)
def test_a_column_that_nobody_named_shows_an_opt_out(
    text: str, heading: str, says: str | None
) -> None:
    assert opt_out_evidence(text, heading) == says


@pytest.mark.parametrize(
    ("text", "heading", "says"),
    [
        ("yes", "Accepts SMS Marketing", "unread"),
        ("yes", "Mobile opt-in", "unread"),
        ("yes", "E-mail and SMS opt-in", "yes"),
        ("verified", "Email status", "unread"),
    ],
)
def test_a_yes_to_another_channel_is_none_to_mail(text: str, heading: str, says: str) -> None:
    assert read_consent(text, heading) == says


@pytest.mark.parametrize(
    "heading",
    [
        "Do not contact (privacy)",
        "Soft bounced",
        "Darf nicht angeschrieben werden",
        "Kontaktsperre",
        "Niet mailen",
        "Não enviar",
        "Liste rouge",
        "Invalid email",
        "DoNotBulkEmail",
        "Removed from list",
        "Without consent",
    ],
)
@pytest.mark.parametrize("text", ["true", "yes", "1", "x", "2024-05-01"])
def test_a_bare_yes_under_a_denial_is_none(text: str, heading: str) -> None:
    assert read_consent(text, heading) in ("no", "unread")


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("0", "Avg order value"),
        ("0", "Marketing emails opened"),
        ("0", "Marketing emails delivered"),
        ("no", "Coffee subscription"),
        ("cancelled", "Abonnement"),
        ("12", "Spam score"),
        ("https://shop.example/unsubscribe?c=1", "Preferences"),
        ("unsubscribe@shop.example", "Second address"),
        ("yes", "Telefono Email"),
        ("no", "Tax Exempt"),
        ("NO", "Country"),
        ("no", "Instant Profile"),
        ("declined", "Cookie consent"),
        ("do not call before nine", "Notes"),
        ("do not give him milk", "Notes"),
        ("cancelled last visit", "Notes"),
        ("No more stress!", "Last campaign opened"),
        ("Non Stop", "Company"),
        ("nein", "Werbequelle"),
        ("não", "Inscrito em"),
        ("0", "Marketing budget"),
        ("spam.com", "Email domain"),
        ("no", "Has email"),
        ("cancelled", "Status"),
        ("unsubscribed", "SMS status"),
    ],
)
def test_what_is_not_about_mail_is_no_evidence(text: str, heading: str) -> None:
    assert opt_out_evidence(text, heading) is None


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("Complained", "Email deliverability status"),
        ("cleaned", "Status"),
        ("Archived", "Email status"),
        ("no", "Newsletter subscription"),
        ("true", "Email address quarantined"),
    ],
)
def test_an_opt_out_is_evidence_under_any_heading(text: str, heading: str) -> None:
    assert opt_out_evidence(text, heading) in ("no", "unread")


@pytest.mark.parametrize(
    ("heading", "cells", "sense"),
    [
        ("Liste", ["subscribed", "unsubscribed", ""], HeadingSense.UNCLEAR),
        ("Newsletter", ["ja", "nein", "", "ja"], HeadingSense.OPT_IN),
        ("Email Unsubscribed", ["true", "false"], HeadingSense.OPT_OUT),
        ("OPTIN_TIME", ["2024-01-01 10:00:00", ""], HeadingSense.OPT_IN),
        ("Newsletter", ["Bread", "Cakes", "Coffee"], None),
        ("Tax Exempt", ["true", "false"], None),
        ("SMS", ["subscribed", "unsubscribed"], None),
        ("City", ["Lisboa", "Porto"], None),
        ("Anything", [], None),
    ],
)
def test_a_column_is_one_of_consent_by_heading_and_values(
    heading: str, cells: list[str], sense: HeadingSense | None
) -> None:
    assert column_sense(heading, cells) is sense


@pytest.mark.parametrize(
    ("heading", "text", "evidence"),
    [
        ("SMS subscriber status", "Unsubscribed", None),
        ("smsStatus", "unsubscribed", None),
        ("WhatsApp opt-in", "unsubscribed", None),
        ("SMS status", "unsubscribed from e-mail", "no"),
        ("Phone", "unsubscribed", "no"),
        ("emailStatus", "unsubscribed", "no"),
        ("Deaktiviert", "2025-05-01", "no"),
        ("Last Name", "Robinson", None),
        ("Company", "Spam & Co", None),
        ("Favorite product", "Bounce", None),
        ("Notes", "no contact lenses", None),
        ("Receives invoice by email", "no", None),
        ("Last Name", "Robinson DO NOT MAIL", "no"),
        ("Company", "unsubscribed", "no"),
        ("Deactivated at", "2025-05-01", "no"),
    ],
)
def test_an_opt_out_is_one_of_mail(heading: str, text: str, evidence: str | None) -> None:
    assert opt_out_evidence(text, heading) == evidence
