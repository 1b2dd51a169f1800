"""HubSpot's export of contacts: the properties that an account shows by default.

The names are those of HubSpot's default properties; the file itself is untried.
https://community.hubspot.com/t5/CRM/Handling-Marketing-Contact-Status-and-Opt-Outs-when-importing/m-p/623337
says that an opt-out stands in "Unsubscribed from all email" and "Opted out from …", and that
"Marketing contact status" says nothing about it.
"""

from __future__ import annotations

from connectors.csv.presets.preset import Preset, headings

PRESETS = (
    Preset(
        name="hubspot",
        title="HubSpot: contacts",
        holds="customers",
        headings=headings("""
            Record ID, First Name, Last Name, Email, Phone Number, Contact owner, Lead Status,
            Marketing contact status, Create Date, Associated Company, Last Activity Date,
            Lifecycle Stage, Unsubscribed from all email, Date of birth
        """),
        marks=headings("""
            Record ID, Contact owner, Lead Status, Marketing contact status, Associated Company,
            Last Activity Date, Lifecycle Stage, Unsubscribed from all email, Create Date
        """),
        needed=3,
        distinct=(
            headings("""
                Record ID, Unsubscribed from all email, Lifecycle Stage, Marketing contact status
            """),
        ),
        columns={
            "e-mail": ("Email",),
            "customer": ("Record ID", "Record ID - Contact"),
            "first name": ("First Name",),
            "last name": ("Last Name",),
            "phone": ("Phone Number", "Mobile Phone Number"),
            "birthday": ("Date of birth",),
            "joined": ("Create Date",),
        },
        said_no=("Unsubscribed from all email",),
        left_out={
            "sales work": headings("""
                Contact owner, Lead Status, Lifecycle Stage, Associated Company, Last Activity Date
            """),
            # It says who counts for the bill, and not who said yes.
            "HubSpot's billing": headings("Marketing contact status"),
        },
    ),
)
