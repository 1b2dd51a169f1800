"""The sentence that people agree to on the sign-up page, where the owner has not written one."""

from __future__ import annotations

SAYS = (
    "{shop} può scrivermi per e-mail: novità, offerte e promemoria. "
    "Posso annullare l’iscrizione in ogni momento, con il link in fondo a ogni e-mail."
)
SAYS_WITH_LIMIT = (
    "{shop} può scrivermi per e-mail: novità, offerte e promemoria, al massimo {limit}. "
    "Posso annullare l’iscrizione in ogni momento, con il link in fondo a ogni e-mail."
)
EMAILS_ONE = "{count} e-mail"
EMAILS = "{count} e-mail"
# After "2 e-mail", by the unit of the length of time.
PER_ONE = {
    "minutes": "al minuto",
    "hours": "all’ora",
    "days": "al giorno",
    "weeks": "alla settimana",
}
PER = {
    "minutes": "ogni {count} minuti",
    "hours": "ogni {count} ore",
    "days": "ogni {count} giorni",
    "weeks": "ogni {count} settimane",
}
