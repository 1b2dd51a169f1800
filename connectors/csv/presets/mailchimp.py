"""Mailchimp's export of an audience: one file each of subscribed, unsubscribed and cleaned.

https://mailchimp.com/help/view-unsubscribed-contacts/ says who is in which file. The headings of
subscribed contacts stand in https://github.com/buttondown/roadmap/issues/2276.
"""

from __future__ import annotations

import re

from connectors.csv.presets.preset import Preset, headings

PERSON = headings("Email Address, First Name, Last Name, Address, Phone Number, Birthday")
HISTORY = headings("""
    MEMBER_RATING, OPTIN_TIME, OPTIN_IP, CONFIRM_TIME, CONFIRM_IP, LATITUDE, LONGITUDE, GMTOFF,
    DSTOFF, TIMEZONE, CC, REGION, LAST_CHANGED, LEID, EUID, NOTES, TAGS
""")
UNSUBSCRIBED = headings("""
    UNSUB_TIME, UNSUB_CAMPAIGN_TITLE, UNSUB_CAMPAIGN_ID, UNSUB_REASON, UNSUB_REASON_OTHER
""")
CLEANED = headings("CLEAN_TIME, CLEAN_CAMPAIGN_TITLE, CLEAN_CAMPAIGN_ID")
WHO = {
    "e-mail": ("Email Address",),
    "first name": ("First Name",),
    "last name": ("Last Name",),
    "phone": ("Phone Number", "SMS Phone Number", "Phone"),
    "birthday": ("Birthday",),
    "timezone": ("TIMEZONE",),
}
NO_YES = {"consent": (), "since": ()}
LEFT_OUT = {
    "where they signed up": headings("OPTIN_IP, CONFIRM_IP, LATITUDE, LONGITUDE, CC, REGION"),
    "Mailchimp's own numbers": headings("MEMBER_RATING, GMTOFF, DSTOFF, LEID, EUID"),
    "postal addresses": headings("Address"),
}

PRESETS = (
    Preset(
        name="mailchimp",
        title="Mailchimp: subscribed contacts",
        holds="customers",
        headings=(*PERSON, *HISTORY),
        marks=HISTORY,
        needed=6,
        foreign=(*UNSUBSCRIBED, *CLEANED),
        # The date on which they confirmed; contacts imported there have no OPTIN_TIME.
        columns={**WHO, "consent": ("CONFIRM_TIME", "OPTIN_TIME"), "since": ()},
        own=("TAGS", "NOTES"),
        left_out=LEFT_OUT,
        page="https://github.com/buttondown/roadmap/issues/2276",
    ),
    Preset(
        name="mailchimp-nonsubscribed",
        title="Mailchimp: contacts who have not subscribed",
        holds="customers",
        headings=(*PERSON, *HISTORY),
        marks=HISTORY,
        needed=6,
        foreign=(*UNSUBSCRIBED, *CLEANED),
        columns={**WHO, **NO_YES},
        left_out=LEFT_OUT,
        file_name=re.compile(r"non.?subscribed|transactional", re.IGNORECASE),
        notes=("They bought, and have not said yes to mail.",),
        page="https://mailchimp.com/help/view-unsubscribed-contacts/",
    ),
    Preset(
        name="mailchimp-unsubscribed",
        title="Mailchimp: unsubscribed contacts",
        holds="customers",
        headings=(*PERSON, *UNSUBSCRIBED, *HISTORY),
        marks=(*HISTORY, *UNSUBSCRIBED),
        needed=6,
        distinct=(UNSUBSCRIBED,),
        columns={**WHO, **NO_YES},
        said_no=("UNSUB_TIME", "UNSUB_REASON"),
        left_out=LEFT_OUT,
        page="https://mailchimp.com/help/view-unsubscribed-contacts/",
    ),
    Preset(
        name="mailchimp-cleaned",
        title="Mailchimp: cleaned contacts, whose mail came back",
        holds="customers",
        headings=(*PERSON, *CLEANED, *HISTORY),
        marks=(*HISTORY, *CLEANED),
        needed=6,
        distinct=(CLEANED,),
        columns={**WHO, **NO_YES},
        said_no=("CLEAN_TIME",),
        left_out=LEFT_OUT,
    ),
)
