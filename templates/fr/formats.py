"""How French writes dates; amounts are CLDR's."""

from __future__ import annotations

LOCALE = "fr_FR"
TERRITORIES = ("BE", "CA", "CH", "LU")  # whose amounts differ
FORMAL = True
FIRST_OF_MONTH = "1er"
COLON = "\N{NO-BREAK SPACE}:"
DATE = "d MMMM y"
SHORT_DATE = "dd/MM/y"
DAY = "d MMMM"
DAYS = "{first} et le {last}"
WEEKDAY = "EEEE"
WEEKDAY_AND_DAY = "EEEE d MMMM"
TIME = "HH:mm"
DATE_AND_TIME = "d MMMM y 'à' HH:mm"
DAY_AND_TIME = "d MMMM 'à' HH:mm"
SHORT_DATE_AND_TIME = "dd/MM HH:mm"
