"""The page on which an owner looks at a mail: desktop, phone and dark side by side, and its text.

The page runs no script, and neither do the mails in their frames. E-mail programs choose a mail's
dark colours by `prefers-color-scheme`, which a frame cannot be told: in each copy that condition is
replaced by one that always, or never, holds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape

from mail.render.renderer import RenderedMail
from mail.render.sample_facts import PICTURE as SAMPLE_PRODUCT

SCHEME_CONDITION = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)", re.IGNORECASE)
SCHEME_META = re.compile(r"<meta\b[^>]*\bcolor-scheme\b[^>]*>", re.IGNORECASE)
HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
ALWAYS, NEVER = "(min-width: 0px)", "(max-width: 0px) and (min-width: 1px)"
PREHEADER = re.compile(r'class="[^"]*\bpreheader\b[^"]*"[^>]*>(.*?)</div>', re.DOTALL)
TAG = re.compile(r"<[^>]*>")
FILLERS = dict.fromkeys(map(ord, "\u034f\u200b\u200c\u200d\u2007\u00ad\ufeff"))
NO_DARK_COLOURS = "It has no colours for the dark: programs change them as they like."
# In the place of the sample product's picture, which is at an address that does not exist.
DRAWN_PRODUCT = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 48 48'%3E"
    "%3Crect width='48' height='48' fill='%23e9dcc6'/%3E%3Cpath d='M10 23h28a14 14 0 0 1-28 0z' "
    "fill='%238a5a34'/%3E%3Cg fill='%23c98f4e'%3E%3Ccircle cx='17' cy='20' r='4'/%3E"
    "%3Ccircle cx='25' cy='18' r='5'/%3E%3Ccircle cx='32' cy='20' r='4'/%3E%3C/g%3E%3C/svg%3E"
)
# Pictures may come from anywhere, as in a mail; nothing else may be loaded, and nothing runs.
POLICY = "default-src 'none'; img-src * data:; style-src 'unsafe-inline'; font-src *"

STYLE = """
:root { color-scheme: light dark; --ground: #eceef1; --card: #fff; --ink: #1d2127;
  --soft: #5c6570; --line: #d5dae0; }
@media (prefers-color-scheme: dark) { :root { --ground: #16181c; --card: #22262c;
  --ink: #e9ecf0; --soft: #a3adb9; --line: #363c45; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 32px 24px 48px; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
header, .views { max-width: 1560px; margin: 0 auto; }
h1 { margin: 0; font-size: 26px; line-height: 1.25; overflow-wrap: anywhere; }
.preheader { margin: 4px 0 14px; color: var(--soft); overflow-wrap: anywhere; }
dl { display: flex; flex-wrap: wrap; gap: 4px 28px; margin: 0 0 28px; font-size: 14px; }
dl div { display: flex; gap: 8px; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
.note { margin: -12px 0 24px; padding: 10px 14px; border-left: 4px solid #d9822b;
  background: var(--card); font-size: 14px; }
.views { display: flex; flex-wrap: wrap; gap: 24px; align-items: flex-start; }
figure { margin: 0; max-width: 100%; }
figcaption { margin-bottom: 8px; font-size: 14px; font-weight: 600; }
figcaption small { font-weight: 400; color: var(--soft); }
.window, pre { border: 1px solid var(--line); border-radius: 12px; background: var(--card); }
.window { height: 669px; overflow: hidden; }
.phone .window { border-radius: 26px; }
iframe { display: block; width: 100%; height: 100%; border: 0; }
.desktop { flex: 2 1 640px; } .phone { flex: 0 0 377px; }
.text { flex: 1 1 420px; }
pre { margin: 0; padding: 18px 20px; max-height: 669px; overflow: auto; white-space: pre-wrap;
  overflow-wrap: anywhere; font: 14px/1.6 ui-monospace, Menlo, Consolas, monospace; }
/* A laptop: all three beside each other, each as wide inside as it is on a larger screen. */
@media (min-width: 1180px) and (max-width: 1499px) {
  .desktop { flex-basis: 480px; } .phone { flex-basis: 295px; } .window { height: 540px; }
  iframe { width: 128.2051%; height: 128.2051%; transform: scale(0.78); transform-origin: 0 0; }
}
@media (max-width: 480px) {
  body { padding: 20px 12px 32px; } h1 { font-size: 21px; }
  .desktop { display: none; } .phone, .text { flex: 1 1 100%; }
}
"""


@dataclass(frozen=True)
class PreviewDetails:
    """What stands above a mail: each line is a name and a text. `notes` are about the mail."""

    lines: Sequence[tuple[str, str]]
    notes: Sequence[str] = ()


def preview_page(mail: RenderedMail, details: PreviewDetails) -> str:
    """Returns the HTML of the page that shows `mail`."""
    subject = escape(mail.subject)
    lines = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>" for name, text in details.lines
    )
    notes = "".join(f'<p class="note">{escape(note)}</p>' for note in details.notes)
    html = mail.html.replace(escape(SAMPLE_PRODUCT), DRAWN_PRODUCT)
    light, dark = in_scheme(html, "light"), in_scheme(html, "dark")
    views = (
        _frame("desktop", "Desktop", "", light),
        _frame("phone", "Phone", "375 px wide", light),
        _frame("phone", "Dark", dark_remark(mail.html), dark),
        _text_view(mail.text),
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{subject}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<header>\n"
        f'<h1>{subject}</h1>\n<p class="preheader">{escape(preheader(mail.html))}</p>\n'
        f"<dl>{lines}</dl>\n{notes}</header>\n"
        f'<main class="views">\n{"".join(views)}\n</main>\n</body>\n</html>\n'
    )


def in_scheme(html: str, scheme: str) -> str:
    """Returns `html` as a program shows it that prefers the colour `scheme`, light or dark."""

    def condition(match: re.Match[str]) -> str:
        return ALWAYS if match[1].lower() == scheme else NEVER

    fixed = SCHEME_CONDITION.sub(condition, SCHEME_META.sub("", html))
    only = f"<style>html {{ color-scheme: only {scheme} !important; }}</style>"
    return HEAD.sub(lambda head: f"{head[0]}{only}", fixed, count=1)


def dark_remark(html: str) -> str:
    """Returns what the owner should know about a mail without dark colours; else nothing."""
    has_dark = any(match[1].lower() == "dark" for match in SCHEME_CONDITION.finditer(html))
    return "" if has_dark else NO_DARK_COLOURS


def preheader(html: str) -> str:
    """Returns the words that an inbox shows behind the subject; empty where the mail sets none."""
    match = PREHEADER.search(html)
    words = unescape(TAG.sub("", match[1])).translate(FILLERS) if match else ""
    return " ".join(words.split())


def _frame(name: str, caption: str, remark: str, html: str) -> str:
    small = f" <small>{escape(remark)}</small>" if remark else ""
    return (
        f'<figure class="{name}"><figcaption>{caption}{small}</figcaption>'
        f'<div class="window"><iframe title="{caption}" sandbox srcdoc="{escape(html)}"></iframe>'
        "</div></figure>\n"
    )


def _text_view(text: str) -> str:
    caption = "<figcaption>As plain text</figcaption>"
    return f'<figure class="text">{caption}<pre>{escape(text)}</pre></figure>'
