"""How Dutch writes dates; amounts are CLDR's."""

from __future__ import annotations

LOCALE = "nl_NL"
TERRITORIES = ("BE",)
FORMAL = False
DATE = "d MMMM y"
SHORT_DATE = "dd-MM-y"
DAY = "d MMMM"
DAYS = "{first} tot en met {last}"
WEEKDAY = "EEEE"
WEEKDAY_AND_DAY = "EEEE d MMMM"
TIME = "HH:mm"
DATE_AND_TIME = "d MMMM y 'om' HH:mm 'uur'"
DAY_AND_TIME = "d MMMM, HH:mm"
SHORT_DATE_AND_TIME = "dd-MM HH:mm"
