"""Colours as #rrggbb: relative luminance and contrast of WCAG 2, and colours that can be read.

https://www.w3.org/TR/WCAG22/#dfn-relative-luminance and #dfn-contrast-ratio.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterable

from settings.brand.colour_names import COLOUR_NAMES
from settings.model import nearest

AA = 4.5
"""Least contrast of a text with its ground (WCAG 2, success criterion 1.4.3)."""
STEPS = 256  # of lightness
HEX = re.compile(r"#?([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})")
NOT_A_COLOUR = 'Write the colour as # and six digits, in quotes: "#00aa55". CSS names do too: teal.'
Channels = tuple[float, float, float]  # red, green, blue from 0 to 1


def parse_colour(text: str) -> str:
    """Returns `text` (#0a5, 0a5, #00aa55, or a name of CSS) as #rrggbb.

    Raises ValueError with a sentence.
    """
    match = HEX.fullmatch(text.strip())
    name = text.strip().casefold().replace(" ", "")
    if match is None and name not in COLOUR_NAMES:
        suggestion = nearest(name, COLOUR_NAMES) if name.isalpha() else None
        hint = f" Did you mean {suggestion}?" if suggestion else ""
        raise ValueError(f"{NOT_A_COLOUR}{hint}")
    digits = match[1].lower() if match else COLOUR_NAMES[name]
    return "#" + (digits if len(digits) == 6 else "".join(2 * digit for digit in digits))


def is_colour(text: str) -> bool:
    """Returns whether `parse_colour` reads `text`."""
    try:
        parse_colour(text)
    except ValueError:
        return False
    return True


def relative_luminance(colour: str) -> float:
    """Returns the luminance of a `colour`, from 0 for black to 1 for white."""
    red, green, blue = (_linear(channel) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(colour: str, other: str) -> float:
    """Returns the contrast ratio of two colours, from 1 to 21."""
    lighter, darker = sorted((relative_luminance(colour), relative_luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mix(colour: str, other: str, share: float) -> str:
    """Returns `colour` with a `share` (0 to 1) of `other` in it."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    red, green, blue = (one * (1 - share) + two * share for one, two in pairs)
    return _hex((red, green, blue))


def darkened(colour: str, grounds: Iterable[str], ratio: float = AA) -> str:
    """Returns the lightest shade of `colour`, itself at most, that has `ratio` with all `grounds`.

    Black where none has: with light grounds it always does.
    """
    return _readable(colour, tuple(grounds), ratio, towards=0)


def lightened(colour: str, grounds: Iterable[str], ratio: float = AA) -> str:
    """Returns the darkest tint of `colour`, itself at least, that has `ratio` with all `grounds`.

    White where none has: with dark grounds it always does.
    """
    return _readable(colour, tuple(grounds), ratio, towards=STEPS)


def _readable(colour: str, grounds: tuple[str, ...], ratio: float, *, towards: int) -> str:
    """Changes the lightness alone, so that the hue stays the shop's."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    start = round(lightness * STEPS)
    candidate = colour
    for step in range(start, towards, 1 if towards > start else -1):
        if step != start:
            candidate = _hex(colorsys.hls_to_rgb(hue, step / STEPS, saturation))
        if all(contrast(candidate, ground) >= ratio for ground in grounds):
            return candidate
    return "#ffffff" if towards else "#000000"


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _channels(colour: str) -> Channels:
    red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue


def _hex(channels: Channels) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)
