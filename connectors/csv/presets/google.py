"""Google Contacts: the format of today, and the one up to 2024.

The older headings stand in https://github.com/malbuquerque/produto/issues/59; those of today are
untried.
"""

from __future__ import annotations

from connectors.csv.presets.preset import Preset, headings

ADDRESS = headings("""
    Address 1 - Formatted, Address 1 - Street, Address 1 - City, Address 1 - PO Box,
    Address 1 - Region, Address 1 - Postal Code, Address 1 - Country, Address 1 - Extended Address
""")

PRESETS = (
    Preset(
        name="google-contacts",
        title="Google: contacts",
        holds="customers",
        headings=(
            *headings("""
                First Name, Middle Name, Last Name, Phonetic First Name, Phonetic Middle Name,
                Phonetic Last Name, Name Prefix, Name Suffix, Nickname, File As, Organization Name,
                Organization Title, Organization Department, Birthday, Notes, Photo, Labels,
                E-mail 1 - Label, E-mail 1 - Value, Phone 1 - Label, Phone 1 - Value,
                Address 1 - Label
            """),
            *ADDRESS,
        ),
        marks=headings("""
            Phonetic First Name, Phonetic Last Name, Name Prefix, Name Suffix, File As,
            Organization Name, Organization Title, Organization Department, E-mail 1 - Label,
            Phone 1 - Label
        """),
        needed=3,
        columns={
            "e-mail": ("E-mail 1 - Value",),
            "first name": ("First Name",),
            "last name": ("Last Name",),
            "phone": ("Phone 1 - Value",),
            "birthday": ("Birthday",),
        },
        left_out={"postal addresses": ADDRESS},
        own=("Labels", "Notes"),
    ),
    Preset(
        name="google-contacts-older",
        title="Google: contacts, older format",
        holds="customers",
        headings=(
            *headings("""
                Name, Given Name, Additional Name, Family Name, Yomi Name, Given Name Yomi,
                Additional Name Yomi, Family Name Yomi, Name Prefix, Name Suffix, Initials,
                Nickname, Short Name, Maiden Name, Birthday, Gender, Location, Billing Information,
                Directory Server, Mileage, Occupation, Hobby, Sensitivity, Priority, Subject, Notes,
                Language, Photo, Group Membership, E-mail 1 - Type, E-mail 1 - Value,
                Phone 1 - Type, Phone 1 - Value
            """),
            *ADDRESS,
        ),
        marks=headings("""
            Yomi Name, Given Name Yomi, Additional Name Yomi, Family Name Yomi, Group Membership,
            E-mail 1 - Type, Phone 1 - Type, Billing Information, Directory Server, Sensitivity
        """),
        columns={
            "e-mail": ("E-mail 1 - Value",),
            "first name": ("Given Name",),
            "last name": ("Family Name",),
            "phone": ("Phone 1 - Value",),
            "birthday": ("Birthday",),
        },
        left_out={"postal addresses": ADDRESS},
        own=("Group Membership", "Notes"),
        page="https://github.com/malbuquerque/produto/issues/59",
    ),
)
