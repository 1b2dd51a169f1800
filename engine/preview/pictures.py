"""Finds pictures in templates that no e-mail program can load."""

from __future__ import annotations

from html.parser import HTMLParser

from engine.config.owner_config import OwnerConfig
from engine.preview.previewed_mail import select_mails
from mail.render.renderer import Renderer, RenderError
from mail.render.sample_facts import sample_facts

# A picture on the web, one that travels in the mail, or one written out in its address.
LOADABLE_SCHEMES = ("https://", "http://", "cid:", "data:")


def picture_remarks(config: OwnerConfig, renderer: Renderer) -> list[str]:
    """Returns a sentence for each picture that is missing in the mails of the rules.

    Each mail is rendered with sample facts; one that cannot be is left to others.
    """
    remarks = []
    for mail in select_mails(config, renderer, None):
        names = [name.replace(" ", "_") for name in mail.variables]
        if "valid_for" in names:
            names.append("valid_until")
        samples = sample_facts(
            available_parts=mail.parts,
            with_=names,
            own_columns=config.own_columns,
            language=config.language,
        )
        try:
            html = renderer.render(mail.template, next(iter(samples))).html
        except RenderError:
            continue
        remarks += [missing_picture(mail.template, picture) for picture in local_pictures(html)]
    return remarks


def local_pictures(html: str) -> list[str]:
    """Returns the addresses of pictures in `html` that only work beside a file, each once."""
    parser = _PictureParser()
    parser.feed(html)
    return list(dict.fromkeys(parser.sources))


def missing_picture(template: str, picture: str) -> str:
    """Returns the sentence about a `picture` that e-mail programs cannot load."""
    return (
        f"The picture {picture or 'without an address'} in templates/{template}.html is missing in "
        "every mail: a file does not travel with it. Write the address of the picture on the web, "
        "https://…, or let brand: bring your logo and your photo."
    )


class _PictureParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            source = (dict(attrs).get("src") or "").strip()
            if not source.lower().startswith(LOADABLE_SCHEMES):
                self.sources.append(source)
