"""Brevo's export of contacts. It says who must not be mailed, but not who said yes.

https://developers.brevo.com/reference/request-contact-export names EMAIL, ADDED_TIME and
MODIFIED_TIME as always there.
"""

from __future__ import annotations

from connectors.csv.presets.preset import Preset, headings

PRESETS = (
    Preset(
        name="brevo",
        title="Brevo: contacts",
        holds="customers",
        headings=headings("""
            EMAIL, LASTNAME, FIRSTNAME, SMS, WHATSAPP, LANDLINE_NUMBER, EXT_ID, EMAIL_BLACKLISTED,
            SMS_BLACKLISTED, ADDED_TIME, MODIFIED_TIME
        """),
        marks=headings("""
            LASTNAME, FIRSTNAME, SMS, WHATSAPP, LANDLINE_NUMBER, EXT_ID, EMAIL_BLACKLISTED,
            SMS_BLACKLISTED, ADDED_TIME, MODIFIED_TIME
        """),
        distinct=(
            headings("EMAIL_BLACKLISTED, SMS_BLACKLISTED, ADDED_TIME, MODIFIED_TIME"),
        ),
        columns={
            "e-mail": ("EMAIL",),
            "first name": ("FIRSTNAME", "PRENOM", "VORNAME"),
            "last name": ("LASTNAME", "NOM", "NACHNAME"),
            "phone": ("SMS", "WHATSAPP", "LANDLINE_NUMBER"),
            "joined": ("ADDED_TIME",),
        },
        said_no=("EMAIL_BLACKLISTED",),
        left_out={"text messages": headings("SMS_BLACKLISTED, WHATSAPP")},
        page="https://developers.brevo.com/reference/request-contact-export",
    ),
)  # fmt: skip
