"""How German writes dates; amounts are CLDR's."""

from __future__ import annotations

LOCALE = "de_DE"
TERRITORIES = ("AT", "BE", "CH", "LI", "LU")  # whose amounts and names of months differ
FORMAL = True
DATE = "d. MMMM y"
SHORT_DATE = "dd.MM.y"
DAY = "d. MMMM"
DAYS = "{first} bis {last}"
WEEKDAY = "EEEE"
WEEKDAY_AND_DAY = "EEEE, d. MMMM"
TIME = "HH:mm"
DATE_AND_TIME = "d. MMMM y 'um' HH:mm 'Uhr'"
DAY_AND_TIME = "d. MMMM, HH:mm"
SHORT_DATE_AND_TIME = "dd.MM. HH:mm"
