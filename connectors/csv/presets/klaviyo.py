"""Klaviyo's export of a list or segment. The headings are untried."""

from __future__ import annotations

from connectors.csv.presets.preset import Preset, headings

PRESETS = (
    Preset(
        name="klaviyo",
        title="Klaviyo: profiles of a list or segment",
        holds="customers",
        headings=headings("""
            Email, Klaviyo ID, First Name, Last Name, Organization, Title, Phone Number, Address,
            Address 2, City, State / Region, Country, Zip Code, Latitude, Longitude, Source,
            IP Address, Email Marketing Consent, Email Marketing Consent Timestamp,
            Historic Customer Lifetime Value, Total Customer Lifetime Value,
            Predicted Customer Lifetime Value, Average Order Value, Historic Number Of Orders,
            First Active, Last Active, Profile Created On, Date Added, Last Open, Last Click,
            Average Days Between Orders, Email Suppressions
        """),
        marks=headings("""
            Klaviyo ID, Email Marketing Consent, Email Marketing Consent Timestamp,
            Email Suppressions, Historic Customer Lifetime Value,
            Predicted Customer Lifetime Value, Historic Number Of Orders, First Active, Last Active,
            Profile Created On, Date Added
        """),
        needed=3,
        distinct=(
            headings("""
                Klaviyo ID, Email Marketing Consent, Email Suppressions,
                Historic Customer Lifetime Value
            """),
        ),
        columns={
            "e-mail": ("Email",),
            "customer": ("Klaviyo ID",),
            "first name": ("First Name",),
            "last name": ("Last Name",),
            "phone": ("Phone Number",),
            "joined": ("Profile Created On", "Date Added", "First Active"),
            "consent": ("Email Marketing Consent", "Accepts Marketing"),
            "since": ("Email Marketing Consent Timestamp",),
        },
        said_no=("Email Suppressions",),
        left_out={
            "postal addresses": headings("""
                Organization, Address, Address 2, City, State / Region, Country, Zip Code,
                Latitude, Longitude, IP Address
            """),
            "sums and forecasts": headings("""
                Historic Customer Lifetime Value, Total Customer Lifetime Value,
                Predicted Customer Lifetime Value, Average Order Value, Historic Number Of Orders,
                Average Days Between Orders
            """),
            "what they opened": headings("Last Open, Last Click, Last Active, First Active"),
        },
    ),
)
