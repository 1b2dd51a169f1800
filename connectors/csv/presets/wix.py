"""Wix's export of contacts. The headings are untried.

Its three states are explained at https://support.wix.com: subscribed, unsubscribed, and never
subscribed, which is neither a yes nor a no.
"""

from __future__ import annotations

from connectors.csv.presets.preset import Preset, headings

ADDRESS = headings("""
    Address 1 - Type, Address 1 - Street, Address 1 - City, Address 1 - State/Region,
    Address 1 - Zip, Address 1 - Country
""")

PRESETS = (
    Preset(
        name="wix-contacts",
        title="Wix: contacts",
        holds="customers",
        headings=(
            *headings("First Name, Last Name, Email 1, Phone 1"),
            *ADDRESS,
            *headings("""
                Company, Labels, Created At (UTC+0), Email subscriber status, SMS subscriber status,
                Last Activity, Last Activity Date (UTC+0), Source, Language
            """),
        ),
        marks=headings("""
            Email 1, Phone 1, Email subscriber status, SMS subscriber status, Last Activity,
            Last Activity Date (UTC+0), Created At (UTC+0), Labels
        """),
        distinct=(headings("Email subscriber status, SMS subscriber status"),),
        columns={
            "e-mail": ("Email 1",),
            "first name": ("First Name",),
            "last name": ("Last Name",),
            "phone": ("Phone 1",),
            "birthday": ("Birthdate", "Birthday"),
            "joined": ("Created At (UTC+0)",),
            "language": ("Language",),
            "consent": ("Email subscriber status",),
            "since": (),
        },
        own=("Labels",),
        left_out={
            "postal addresses": (*ADDRESS, "Company"),
            "text messages": ("SMS subscriber status",),
        },
    ),
)
