"""Everything that must be mended in a template, found without sending anything."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from jinja2 import TemplateError, nodes

from mail.render.compiled_template import HTML, Sheet, prepared
from mail.render.facts import PARTS
from mail.render.forbidden_constructs import Refusal, refusals
from mail.render.static_analysis import Knowledge
from mail.render.template_loader import TemplateMistake, Unreadable, did_you_mean
from mail.render.tokenizer import flat, source_of

NEEDED_BLOCKS = ("subject", "content")
# A reader must see why the mail came, from where, and how to end it.
NEEDED_WORDS = {
    "reason": "why the mail came: {{ reason }}",
    "shop.postal_address": "the shop's postal address: {{ shop.postal_address }}",
    "unsubscribe_url": 'a link to unsubscribe: <a href="{{ unsubscribe_url }}">',
}


def mistakes(
    sheets: Sequence[Sheet], *, has: Collection[str], with_: Collection[str]
) -> list[TemplateMistake]:
    """All mistakes at once, the mail's own file first."""
    found = [
        mistake
        for sheet in sheets
        for mistake in _placed(sheet, _of_one_file(sheet, has=has, with_=with_))
    ]
    found += _missing_blocks(sheets)
    return found or _as_a_whole(sheets)


def _of_one_file(
    sheet: Sheet, *, has: Collection[str], with_: Collection[str]
) -> Iterator[Refusal]:
    refused = list(refusals(sheet.tree))
    yield from refused
    yield from _outside_blocks(sheet)
    # What is refused anyway needs no second sentence about the words in it.
    if not refused:
        knowledge = Knowledge(has=has, with_=with_)
        knowledge.read(sheet.tree.body)
        yield from knowledge.found


def _outside_blocks(sheet: Sheet) -> Iterator[Refusal]:
    """In a mail that extends a layout, only what stands in a block is ever seen."""
    if sheet.tree.find(nodes.Extends) is None:
        return
    for node in sheet.tree.body:
        empty = isinstance(node, nodes.Output) and all(
            isinstance(part, nodes.TemplateData) and not part.data.strip() for part in node.nodes
        )
        if not empty and not isinstance(node, (nodes.Extends, nodes.Block)):
            yield Refusal(node.lineno, "This stands outside every block, so nobody would see it.")


def _missing_blocks(sheets: Sequence[Sheet]) -> Iterator[TemplateMistake]:
    """Each block of a mail needs its place in the layout, and some are always needed."""
    mail, *layouts = sheets
    known = {block.name for sheet in layouts for block in sheet.tree.find_all(nodes.Block)}
    written = list(mail.tree.find_all(nodes.Block))
    for block in written:
        if layouts and block.name not in known:
            sentence = f'The layout has no block "{block.name}".{did_you_mean(block.name, known)}'
            yield TemplateMistake(mail.file.path, block.lineno, sentence)
    for needed in NEEDED_BLOCKS:
        if needed not in {block.name for block in written}:
            sentence = f"There is no {{% block {needed} %}}."
            yield TemplateMistake(mail.file.path, 0, sentence)
    layout = sheets[-1]
    if "content" not in {block.name for block in layout.tree.find_all(nodes.Block)}:
        sentence = "There is no {% block content %} for a mail's words."
        yield TemplateMistake(layout.file.path, 0, sentence)


def _as_a_whole(sheets: Sequence[Sheet]) -> list[TemplateMistake]:
    """What only shows in the finished source."""
    try:
        prepared(tuple(sheet.file for sheet in sheets))
        pieces, _ = flat([sheet.pieces for sheet in sheets])
        knowledge = Knowledge(has=PARTS, with_=())
        knowledge.read(HTML.parse(source_of(pieces)).body)
    except Unreadable as wrong:
        return [wrong.mistake]
    except (TemplateError, RecursionError) as wrong:
        return [TemplateMistake(sheets[0].file.path, 0, f"This cannot be used: {wrong}.")]
    return [
        TemplateMistake(sheets[-1].file.path, 0, f"The letter does not show {what}.")
        for word, what in NEEDED_WORDS.items()
        if word not in knowledge.printed
    ]


def _placed(sheet: Sheet, found: Iterator[Refusal]) -> Iterator[TemplateMistake]:
    for line, sentence in sorted(set(found)):
        yield TemplateMistake(sheet.file.path, line, sentence)
