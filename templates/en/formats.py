"""How English writes dates and amounts.

Patterns of dates are CLDR's (https://unicode.org/reports/tr35/tr35-dates.html), with British order.
"""

from __future__ import annotations

LOCALE = "en_GB"
DATE = "d MMMM y"
SHORT_DATE = "dd MMM y"
DAY = "d MMMM"
DAYS = "{first} to {last}"
WEEKDAY = "EEEE"
WEEKDAY_AND_DAY = "EEEE, d MMMM"
TIME = "HH:mm"
DATE_AND_TIME = "d MMMM y, HH:mm"
DAY_AND_TIME = "d MMMM HH:mm"
SHORT_DATE_AND_TIME = "dd MMM HH:mm"
# Signs that need no explanation to a reader; every other currency is named after the amount.
CURRENCY_SIGNS = {
    "AUD": "$",
    "BRL": "R$",
    "CAD": "$",
    "EUR": "€",
    "GBP": "£",
    "INR": "₹",
    "JPY": "¥",
    "KRW": "₩",
    "NZD": "$",
    "USD": "$",
}
MONEY_WITH_SIGN = "{minus}{sign}{amount}"
MONEY_WITH_CODE = "{minus}{amount} {code}"
