"""Portuguese dates and amounts for a made-up language."""

LOCALE = "pt_PT"
DATE = "d 'de' MMMM 'de' y"
SHORT_DATE = "d MMM y"
DAY = "d 'de' MMMM"
WEEKDAY = "EEEE"
WEEKDAY_AND_DAY = "EEEE, d 'de' MMMM"
TIME = "HH'h'mm"
DATE_AND_TIME = "d 'de' MMMM 'de' y, HH'h'mm"
SHORT_DATE_AND_TIME = "d MMM HH'h'mm"
CURRENCY_SIGNS = {"EUR": "€"}
MONEY_WITH_SIGN = "{minus}{amount} {sign}"
MONEY_WITH_CODE = "{minus}{amount} {code}"
