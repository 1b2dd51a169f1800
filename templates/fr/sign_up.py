"""The sentence that people agree to on the sign-up page, where the owner has not written one."""

from __future__ import annotations

SAYS = (
    "{shop} peut m’écrire par e-mail : nouveautés, offres et rappels. "
    "Je peux me désabonner à tout moment, grâce au lien au bas de chaque e-mail."
)
SAYS_WITH_LIMIT = (
    "{shop} peut m’écrire par e-mail : nouveautés, offres et rappels, {limit} au maximum. "
    "Je peux me désabonner à tout moment, grâce au lien au bas de chaque e-mail."
)
EMAILS_ONE = "{count} e-mail"
EMAILS = "{count} e-mails"
# After "2 e-mails", by the unit of the length of time.
PER_ONE = {
    "minutes": "par minute",
    "hours": "par heure",
    "days": "par jour",
    "weeks": "par semaine",
}
PER = {
    "minutes": "en {count} minutes",
    "hours": "en {count} heures",
    "days": "en {count} jours",
    "weeks": "en {count} semaines",
}
