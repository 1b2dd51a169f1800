"""Reads the name of a language as people and programs write it: de-AT, pt_BR, German, Deutsch.

Tags are those of BCP 47 (https://www.rfc-editor.org/info/bcp47): a language, and perhaps a region.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

TAG = re.compile(r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|[0-9]{3}))?(?:[-_.@].*)?", re.I)
# Names in seven languages, the language's own first, and the codes of ISO 639-2. Without accents.
NAMES = {
    "en": "english eng englisch anglais ingles inglese engels",
    "de": "deutsch german deu ger allemand aleman alemao tedesco duits",
    "fr": "francais french fra fre franzosisch franzoesisch frances francese frans",
    "es": "espanol spanish spa castellano castilian spanisch espagnol espanhol spagnolo spaans",
    "pt": "portugues portuguese por portugiesisch portugais portoghese portugees brasileiro",
    "it": "italiano italian ita italienisch italien italiaans",
    "nl": "nederlands dutch nld dut vlaams flemish niederlandisch niederlaendisch neerlandais "
    "hollandais neerlandes holandes olandese flamand hollands",
    "ar": "العربية arabic ara arabisch arabe arabo",
    "he": "עברית hebrew heb hebraisch hebreu hebreo ebraico hebreeuws",
    "ca": "catala catalan cat katalanisch catalao catalano catalaans",
    "cs": "cestina czech ces cze tschechisch tcheque checo ceco tsjechisch",
    "da": "dansk danish dan danisch danois danes danese deens dinamarques",
    "el": "ελληνικα greek ell gre griechisch grec griego grego greco grieks",
    "fi": "suomi finnish fin finnisch finnois fines finlandes finlandese fins",
    "hu": "magyar hungarian hun ungarisch hongrois hungaro ungherese hongaars",
    "ja": "日本語 japanese jpn japanisch japonais japones giapponese japans",
    "ko": "한국어 korean kor koreanisch coreen coreano koreaans",
    "no": "norsk norwegian nor norwegisch norvegien noruego noruegues norvegese noors bokmal",
    "pl": "polski polish pol polnisch polonais polaco polacco pools",
    "ro": "romana romanian ron rum rumanisch roumain rumano romeno rumeno roemeens",
    "ru": "русский russian rus russisch russe ruso russo",
    "sv": "svenska swedish swe schwedisch suedois sueco svedese zweeds",
    "tr": "turkce turkish tur turkisch turc turco turks",
    "uk": "українська ukrainian ukr ukrainisch ukrainien ucraniano ucraino oekraiens",
    "zh": "中文 chinese zho chi chinesisch chinois chino chines cinese chinees",
}  # fmt: skip
CODES = {name: code for code, names in NAMES.items() for name in names.split()}
OTHER_CODES = {"iw": "he", "nb": "no", "nn": "no", "in": "id"}  # older and narrower ones


@lru_cache(1_000)
def parse_language(text: str) -> str | None:
    """Returns the tag for `text`, such as de, de-AT or pt-BR; None where it names no language.

    Text in brackets names a region, which is left out: German (Austria) is de.
    """
    plain = _folded(re.sub(r"[(\[/,;].*", "", text))
    if plain in CODES:
        return CODES[plain]
    match = TAG.fullmatch(text.strip())
    if not match:
        return None
    script, region = match[2], match[3]
    code = match[1].lower()
    if len(code) == 3 and code not in CODES:
        return None
    parts = [CODES.get(code, OTHER_CODES.get(code, code))]
    parts += [script.title()] if script else []
    parts += [region.upper()] if region else []
    return "-".join(parts)


def language_code(tag: str) -> str:
    """Returns the language of a `tag` without its region: de of de-AT."""
    return tag.partition("-")[0]


def region_of(tag: str) -> str | None:
    """Returns the region of a `tag`, AT of de-AT; None where it has none."""
    return next((part for part in tag.split("-")[1:] if len(part) == 2 and part.isupper()), None)


def is_language(code: str) -> bool:
    """Returns whether dates can be written in the language with this `code`: CLDR has it."""
    if code in NAMES:
        return True
    from babel import localedata

    return localedata.exists(code)


def english_name(code: str) -> str:
    """Returns the name of a language in English, such as French; the `code` if it has none."""
    from babel import Locale

    return str(Locale("en").languages.get(code, code))


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).strip()
