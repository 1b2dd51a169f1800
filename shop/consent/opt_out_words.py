"""Words that mean "no more mail" wherever they stand: in a cell of an export, or in a mail.

They are folded: lower case, no accents. A star stands for any ending, an underscore for a space.
Words that may be about an order, a course or an account as well are not among them, nor are the
states of programs, such as bounced.
"""

from __future__ import annotations

from collections.abc import Mapping

# By ISO 639-1 code of the language.
OPT_OUT_WORDS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "unsubscri*", "unsuscri*", "unsubcri*", "unsubsci*", "unsub", "unsubs", "unsubed",
        "unsubbed", "unsubd", "optout*",
    ),
    "de": ("abbestell*", "newsletterabmeld*"),
    "fr": ("desinscri*", "desabonn*"),
    "pt": ("descadastr*", "dessubscr*", "desinscr*"),
    "es": ("de_baja", "desuscri*", "desapunt*"),
    "it": ("disiscri*",),
    "nl": ("uitschrijv*", "uitschrijf*", "uitschrift", "uitgeschreven"),
    "sv": ("avprenumer*", "avregistr*", "avanmal*"),
    "da": ("frameld*", "afmeld_nyhedsbrev*"),
    "nb": ("avmeld_nyhetsbrev*",),
    "pl": ("wypisz*", "wypisac", "wypisan*", "wypisal*", "odsubskryb*"),
    "cs": ("odhlas*",),
    "hu": ("leiratkoz*",),
    "ro": ("dezabon*",),
    "el": ("απεγγρ*",),
    "ru": ("отпис*", "отпиш*"),
    "uk": ("відпис*",),
    "ja": ("配信停止",),
    "zh": ("退订", "退訂", "取消订阅"),
}  # fmt: skip
ALL_OPT_OUT_WORDS = tuple(dict.fromkeys(word for words in OPT_OUT_WORDS.values() for word in words))
