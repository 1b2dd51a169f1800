"""How Spanish writes dates; amounts are CLDR's."""

from __future__ import annotations

LOCALE = "es_ES"
TERRITORIES = ("AR", "CL", "CO", "CR", "EC", "MX", "PE", "US", "UY")
FORMAL = False
DATE = "d 'de' MMMM 'de' y"
SHORT_DATE = "dd/MM/y"
DAY = "d 'de' MMMM"
DAYS = "{first} al {last}"
WEEKDAY = "EEEE"
WEEKDAY_AND_DAY = "EEEE d 'de' MMMM"
TIME = "HH:mm"
DATE_AND_TIME = "d 'de' MMMM 'de' y 'a las' HH:mm"
DAY_AND_TIME = "d 'de' MMMM 'a las' HH:mm"
SHORT_DATE_AND_TIME = "dd/MM HH:mm"
