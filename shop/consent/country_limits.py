"""How long after a purchase a country lets a shop mail its customers without an opt-in.

A careful reading of public sources, not legal advice; an owner in doubt sets a shorter `for`.
A country that is not listed requires an opt-in.

* AT, BE, DE, ES, FR, GB, IT, NL, PT, SE: for own similar products, where the customer could
  refuse when the address was taken and in every mail: Directive 2002/58/EC, Art. 13(2), as in
  § 7(3) UWG (DE), Art. 21.2 LSSI (ES), Reg. 22(3) PECR (GB), Art. 130(4) Codice Privacy (IT),
  Art. 13.º-A(3) Lei 41/2004 (PT). No length is named; the owner's own limit holds.
* IE: the same, and the sale was not more than twelve months ago: S.I. 336/2011, Reg. 13(11), as the
  Data Protection Commission reads it. That a mail restarts the twelve months is not used.
* CA: two years after a purchase: CASL, S.C. 2010, c. 23, s. 10(10). The six months after an
  inquiry are not used: only purchases count here.
* US: until they refuse: CAN-SPAM Act, 15 U.S.C. § 7704. The owner's own limit holds.
"""

from __future__ import annotations

from datetime import timedelta

NO_LIMIT = timedelta.max
YEAR = timedelta(days=365)

COUNTRY_LIMITS = {
    **dict.fromkeys(("AT", "BE", "DE", "ES", "FR", "GB", "IT", "NL", "PT", "SE"), NO_LIMIT),
    "IE": YEAR,
    "CA": 2 * YEAR,
    "US": NO_LIMIT,
}
