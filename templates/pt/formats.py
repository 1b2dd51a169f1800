"""How European Portuguese writes dates; amounts are CLDR's."""

from __future__ import annotations

LOCALE = "pt_PT"
TERRITORIES = ("BR",)
FORMAL = True
DATE = "d 'de' MMMM 'de' y"
SHORT_DATE = "dd/MM/y"
DAY = "d 'de' MMMM"
DAYS = "{first} a {last}"
WEEKDAY = "EEEE"
WEEKDAY_AND_DAY = "EEEE, d 'de' MMMM"
TIME = "HH:mm"
DATE_AND_TIME = "d 'de' MMMM 'de' y, 'às' HH:mm"
DAY_AND_TIME = "d 'de' MMMM, 'às' HH:mm"
SHORT_DATE_AND_TIME = "dd/MM HH:mm"
