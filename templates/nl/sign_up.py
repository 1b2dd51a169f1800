"""The sentence that people agree to on the sign-up page, where the owner has not written one."""

from __future__ import annotations

SAYS = (
    "{shop} mag me e-mails sturen: nieuws, aanbiedingen en herinneringen. "
    "Ik kan me op elk moment afmelden met de link onder aan elke e-mail."
)
SAYS_WITH_LIMIT = (
    "{shop} mag me e-mails sturen: nieuws, aanbiedingen en herinneringen, hooguit {limit}. "
    "Ik kan me op elk moment afmelden met de link onder aan elke e-mail."
)
EMAILS_ONE = "{count} e-mail"
EMAILS = "{count} e-mails"
# After "2 e-mails", by the unit of the length of time.
PER_ONE = {
    "minutes": "per minuut",
    "hours": "per uur",
    "days": "per dag",
    "weeks": "per week",
}
PER = {
    "minutes": "per {count} minuten",
    "hours": "per {count} uur",
    "days": "per {count} dagen",
    "weeks": "per {count} weken",
}
