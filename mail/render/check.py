"""Finds every mistake in a template without sending anything."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from jinja2 import TemplateError, nodes

from mail.render.compiled_template import (
    HTML_ENVIRONMENT,
    CompiledTemplate,
    ParsedTemplate,
    TemplateSources,
    compile_sources,
    parse_sources,
)
from mail.render.forbidden_constructs import Refusal, find_forbidden
from mail.render.mail_facts import PARTS
from mail.render.static_analysis import TemplateAnalysis
from mail.render.template_loader import TemplateLoadError, TemplateMistake, did_you_mean
from settings.brand.appearance import Appearance
from templates.language import Language

REQUIRED_BLOCKS = ("subject", "content")
# A reader must see why the mail came, from where, and how to unsubscribe.
REQUIRED_FACTS = {
    "reason": "why the mail came: {{ reason }}",
    "shop.postal_address": "the shop's postal address: {{ shop.postal_address }}",
    "unsubscribe_url": 'a link to unsubscribe: <a href="{{ unsubscribe_url }}">',
}


def find_mistakes(
    sources: TemplateSources,
    *,
    available_parts: Collection[str],
    with_: Collection[str],
    own_columns: Collection[str],
    language: Language,
    appearance: Appearance,
) -> list[TemplateMistake]:
    """All mistakes in the `sources` of a mail at once, its own file first.

    `available_parts` names the parts that the rule is about, `with_` the values it gives,
    `own_columns` the owner's own columns.
    """
    files = parse_sources(sources)
    known = {"available_parts": available_parts, "with_": with_, "own_columns": own_columns}
    mistakes = [mistake for file in files for mistake in _locate(file, _file_refusals(file, known))]
    mistakes += _missing_blocks(files)
    if mistakes:
        return mistakes
    try:
        compiled = compile_sources(sources, language, appearance)
    except TemplateLoadError as error:
        return [error.mistake]
    return _combined_mistakes(files, compiled)


def _file_refusals(
    parsed: ParsedTemplate, known: Mapping[str, Collection[str]]
) -> Iterator[Refusal]:
    forbidden = list(find_forbidden(parsed.tree))
    yield from forbidden
    yield from _text_outside_blocks(parsed)
    # Forbidden constructs are not analysed further: one message each is enough.
    if not forbidden:
        analysis = TemplateAnalysis(**known)
        analysis.analyse(parsed.tree.body)
        yield from analysis.refusals


def _text_outside_blocks(parsed: ParsedTemplate) -> Iterator[Refusal]:
    """In a mail that extends a layout, text outside of blocks is never shown."""
    if parsed.tree.find(nodes.Extends) is None:
        return
    for node in parsed.tree.body:
        is_empty = isinstance(node, nodes.Output) and all(
            isinstance(part, nodes.TemplateData) and not part.data.strip() for part in node.nodes
        )
        if not is_empty and not isinstance(node, (nodes.Extends, nodes.Block)):
            yield Refusal(node.lineno, "This stands outside every block, so nobody would see it.")


def _missing_blocks(chain: Sequence[ParsedTemplate]) -> Iterator[TemplateMistake]:
    """Each block of a mail must exist in the layout, and some blocks are required."""
    mail, *layouts = chain
    layout_blocks = {
        block.name for layout_file in layouts for block in layout_file.tree.find_all(nodes.Block)
    }
    mail_blocks = list(mail.tree.find_all(nodes.Block))
    for block in mail_blocks:
        if layouts and block.name not in layout_blocks:
            sentence = (
                f'The layout has no block "{block.name}".{did_you_mean(block.name, layout_blocks)}'
            )
            yield TemplateMistake(mail.source_file.path, block.lineno, sentence)
    for required in REQUIRED_BLOCKS:
        if required not in {block.name for block in mail_blocks}:
            sentence = f"There is no {{% block {required} %}}."
            yield TemplateMistake(mail.source_file.path, 0, sentence)
    layout = chain[-1]
    if "content" not in {block.name for block in layout.tree.find_all(nodes.Block)}:
        sentence = "There is no {% block content %} for a mail's words."
        yield TemplateMistake(layout.source_file.path, 0, sentence)


def _combined_mistakes(
    chain: Sequence[ParsedTemplate], compiled: CompiledTemplate
) -> list[TemplateMistake]:
    """Mistakes that only show in mail and layouts together."""
    try:
        analysis = TemplateAnalysis(available_parts=PARTS, with_=())
        analysis.analyse(HTML_ENVIRONMENT.parse(compiled.page).body)
    except (TemplateError, RecursionError) as error:
        return [TemplateMistake(chain[0].source_file.path, 0, f"This cannot be used: {error}.")]
    return [
        TemplateMistake(chain[-1].source_file.path, 0, f"The letter does not show {description}.")
        for fact, description in REQUIRED_FACTS.items()
        if fact not in analysis.printed_paths
    ]


def _locate(parsed: ParsedTemplate, refusals: Iterator[Refusal]) -> Iterator[TemplateMistake]:
    for line, sentence in sorted(set(refusals)):
        yield TemplateMistake(parsed.source_file.path, line, sentence)
