"""Reports unknown keys and wrong shapes, and corrects keys whose meaning is clear.

After a correction, what is below the key is validated too, and the key is not reported missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from settings.model import (
    CORRECTION_CUTOFF,
    ConfigModel,
    VerbDiscriminator,
    chosen_step,
    config_keys,
    nearest,
    step_verb,
)
from settings.text_value import quoted
from settings.yaml.events import CUT_OFF
from settings.yaml.model_paths import (
    ENTRY_PLACES,
    TOP_LEVEL,
    SchemaNode,
    key_places,
    literals,
    schema_node,
)
from settings.yaml.nodes import (
    ListNode,
    MappingNode,
    Node,
    NodePath,
    Problem,
    ScalarNode,
    Span,
    first_span,
)
from settings.yaml.planned_word import PlannedWord, PlannedWords

LIST_EXPECTED = 'This needs a list: put "- " before each entry.'
STEPS_EXPECTED = 'This needs a list: put "- " before each step.'
MAPPING_EXPECTED = "This needs lines of its own below, each with a key and a value."
SECTIONS_WITH_NAMES = ("rules", "sources")  # whose entries have names of the owner's
MAX_PLACES, MIN_KEYS = 2, 2
NOT_A_LIST = 'This is no list: write it without "- " and without [ ].'


class KeyCorrector:
    """Walks the node tree along the schema; collects problems and the positions of secrets."""

    def __init__(self, problems: list[Problem], planned: PlannedWords) -> None:
        self.problems = problems
        self._planned = planned
        self._places: Mapping[str, Sequence[str]] = {}
        self.secret_spans: list[Span] = []
        self.silenced = {problem.path for problem in problems if problem.final}
        """Paths for which later problems are suppressed."""

    def correct(self, root: Node, model: type[ConfigModel]) -> None:
        """Reports unknown keys, steps and shapes below `root`, and changes the tree in place."""
        self._places = key_places(model)
        self._visit(root, schema_node(model), (), Span(0, 1))

    def _visit(self, node: Node, schema: SchemaNode, path: NodePath, key_span: Span) -> Node:
        if path in self.silenced:
            return node
        if isinstance(node, ScalarNode):
            self._visit_scalar(node, schema, path)
        elif isinstance(node, ListNode):
            self._visit_list(node, schema, path)
        else:
            return self._visit_mapping(node, schema, path, key_span)
        return node

    def _visit_scalar(self, node: ScalarNode, schema: SchemaNode, path: NodePath) -> None:
        if schema.is_secret and not node.text.startswith("$"):
            self.secret_spans.append(node.span)
        if node.comment and str in schema.types:
            self._report_and_silence(node.comment, CUT_OFF, path)
        if planned := self._planned.value(path, node.text, literals(schema)):
            self._report_and_silence(node.span, planned.message, path)
        elif not schema.accepts_scalar:
            expected = list_expected(path) if schema.element else MAPPING_EXPECTED
            self._report_and_silence(node.span, expected, path)

    def _visit_list(self, node: ListNode, schema: SchemaNode, path: NodePath) -> None:
        if schema.element:
            for index, item in enumerate(node.items):
                child_path = (*path, index)
                node.items[index] = self._visit(item, schema.element, child_path, first_span(item))
        elif not schema.accepts_scalar:
            self._report_and_silence(Span(node.span.start, node.span.start + 1), NOT_A_LIST, path)

    def _visit_mapping(
        self, node: MappingNode, schema: SchemaNode, path: NodePath, key_span: Span
    ) -> Node:
        if planned := self._planned_key_of_value(node, schema, path):
            self._report_and_silence(first_span(node), planned.message, path)
        elif union := schema.union():
            self._visit_union(node, union, path)
        elif schema.models:
            self._visit_keys(node, _most_similar(node, schema.models), path)
        elif schema.mapping_value:
            for name, entry in node.entries.items():
                child_path = (*path, name)
                entry.node = self._visit(entry.node, schema.mapping_value, child_path, entry.span)
        elif schema.element and not schema.accepts_scalar:
            self._report(key_span, list_expected(path), path)
            return ListNode(
                [self._visit(node, schema.element, (*path, 0), first_span(node))], node.span
            )
        return node

    def _planned_key_of_value(
        self, node: MappingNode, schema: SchemaNode, path: NodePath
    ) -> PlannedWord | None:
        """Returns the planned word of a mapping where only a single value can stand today."""
        if schema.models or schema.mapping_value or schema.element or not node.entries:
            return None
        first_key = next(iter(node.entries))
        return self._planned.key(path, first_key) or self._planned.value(path, first_key)

    def _visit_union(self, node: MappingNode, schema: SchemaNode, path: NodePath) -> None:
        if isinstance(schema.discriminator, VerbDiscriminator):
            model = self._resolve_step(node, schema, path)
            if model:
                self._visit_keys(node, model, path, [step_verb(step) for step in schema.models])
            return
        variant: SchemaNode | None = schema
        while variant and variant.discriminator:
            variant = self._resolve_variant(node, variant, path)
        if variant and variant.models:
            self._visit_keys(node, variant.models[0], path)

    def _resolve_step(
        self, node: MappingNode, schema: SchemaNode, path: NodePath
    ) -> type[ConfigModel] | None:
        """Returns the model of this step; a misspelt verb is corrected in the tree."""
        if not (model := chosen_step(node.entries, schema.models)):
            verbs = [step_verb(step) for step in schema.models]
            for key in node.entries:
                if planned := self._planned.key(path, key, verbs):
                    self._report_and_silence(node.entries[key].span, planned.message, path)
                    return None
            corrections = {
                key: correction
                for key in node.entries
                if (correction := nearest(key, verbs, CORRECTION_CUTOFF))
            }
            if corrections:
                typed_key, correction = next(iter(corrections.items()))
                self._rename_key(node, typed_key, correction, path)
                return chosen_step(node.entries, schema.models)
            self._report_unknown_step(node, verbs, path)
        return model

    def _report_unknown_step(self, node: MappingNode, verbs: list[str], path: NodePath) -> None:
        first_key = next(iter(node.entries), None)
        message = f"{quoted(first_key)} is not a step." if first_key else "This step is empty."
        step_path = (*path, first_key) if first_key else path
        self._report(first_span(node), f"{message}{_suggest(first_key or '', verbs)}", step_path)
        self.silenced.add(path)

    def _resolve_variant(
        self, node: MappingNode, schema: SchemaNode, path: NodePath
    ) -> SchemaNode | None:
        """Returns the union member that the discriminator selects; a misspelt word is corrected."""
        key = schema.discriminator_key()
        choices = sorted(set(schema.literals_of(schema.discriminator)))
        if key not in node.entries:
            typed_key = nearest(key, node.entries, CORRECTION_CUTOFF)
            if not typed_key:
                span = first_span(node)
                self._report_and_silence(
                    span, f'"{key}:" is missing. Known: {", ".join(choices)}.', path
                )
                return None
            self._rename_key(node, typed_key, key, path)
        chosen = node.entries[key].node
        if not isinstance(chosen, ScalarNode):
            self._report_and_silence(node.entries[key].span, choose_one_of(choices), path)
            return None
        if (*path, key) in self.silenced:  # the word is missing or broken, and reported as that
            self.silenced.add(path)
            return None
        if chosen.text not in choices:
            self._report(chosen.span, unknown_choice(chosen.text, choices), (*path, key))
            correction = nearest(chosen.text, choices)
            if not correction:
                self.silenced.add(path)
                return None
            chosen.text = correction
        return schema.variant(chosen.text)

    def _visit_keys(
        self,
        node: MappingNode,
        model: type[ConfigModel],
        path: NodePath,
        verbs: list[str] | None = None,
    ) -> None:
        known_keys = config_keys(model)
        for typed_key in [key for key in node.entries if key not in known_keys]:
            self._report_unknown_key(node, typed_key, model, path, verbs or [])
        schema = SchemaNode((model,))
        for key, entry in node.entries.items():
            if child_schema := schema.child(key):
                entry.node = self._visit(entry.node, child_schema, (*path, key), entry.span)

    def _report_unknown_key(
        self,
        node: MappingNode,
        typed_key: str,
        model: type[ConfigModel],
        path: NodePath,
        verbs: list[str],
    ) -> None:
        unused_keys = [key for key in config_keys(model) if key not in node.entries]
        if planned := self._planned.key(path, typed_key, [*config_keys(model), *verbs]):
            span = node.entries.pop(typed_key).span
            if not (planned.of_event and self._has_planned_event(node, path)):
                self._report(span, planned.message, (*path, typed_key))
            return
        if typed_key in verbs:
            message = f'{quoted(typed_key)} is a step of its own: put "- " before it.'
        elif suggestion := nearest(
            typed_key, set(verbs).difference(unused_keys), CORRECTION_CUTOFF
        ):
            message = (
                f'{quoted(typed_key)} is not understood here. Did you mean "{suggestion}"? '
                'That is a step of its own: put "- " before it.'
            )
        elif nearest(typed_key, unused_keys, CORRECTION_CUTOFF):
            self._rename_key(node, typed_key, str(nearest(typed_key, unused_keys)), path)
            return
        elif place := self._other_place(typed_key, node.entries[typed_key].node, path):
            message = f"{quoted(typed_key)} is not understood here. {place}"
        else:
            hint = _suggest(typed_key, unused_keys or config_keys(model))
            message = f"{quoted(typed_key)} is not understood here.{hint}"
            if suggestion := nearest(typed_key, unused_keys):
                self.silenced.add((*path, suggestion))
        self._report(node.entries.pop(typed_key).span, message, (*path, typed_key))

    def _other_place(self, typed_key: str, value: Node, path: NodePath) -> str:
        """Returns a sentence about where `typed_key`, or the lines below it, belong; else ""."""
        keys = value.entries if isinstance(value, MappingNode) else {}
        places_below = Counter(place for key in keys for place in self._places.get(key, ()))
        for section in SECTIONS_WITH_NAMES:
            place = ENTRY_PLACES[section]
            if path != (section,) and places_below[place] >= MIN_KEYS:
                return f"Its lines are those that stand {place}: move it below {section}:."
        here = _place_of(path)
        places = [place for place in self._places.get(typed_key, ()) if place != here]
        return f"It stands {' or '.join(places[:MAX_PLACES])}." if places else ""

    def _has_planned_event(self, rule: MappingNode, path: NodePath) -> bool:
        event = rule.entries.get("when")
        return (
            event is not None
            and isinstance(event.node, ScalarNode)
            and self._planned.value((*path, "when"), event.node.text) is not None
        )

    def _rename_key(
        self, node: MappingNode, typed_key: str, correct_key: str, path: NodePath
    ) -> None:
        """Replaces a misspelt key by the correct one, at the same position."""
        message = f'{quoted(typed_key)} is not understood here. Did you mean "{correct_key}"?'
        self._report(node.entries[typed_key].span, message, (*path, typed_key))
        entries = list(node.entries.items())
        node.entries.clear()
        for key, entry in entries:
            node.entries[correct_key if key == typed_key else key] = entry
        if (*path, typed_key) in self.silenced:
            self.silenced.add((*path, correct_key))

    def _report(self, span: Span, message: str, path: NodePath) -> None:
        self.problems.append(Problem(span, message, path))

    def _report_and_silence(self, span: Span, message: str, path: NodePath) -> None:
        self._report(span, message, path)
        self.silenced.add(path)


def _place_of(path: NodePath) -> str:
    """Returns how `key_places` names the mapping at `path`."""
    if not path:
        return TOP_LEVEL
    last, above = str(path[-1]), str(path[-2]) if len(path) > 1 else ""
    if above in ENTRY_PLACES and last not in ENTRY_PLACES:
        return ENTRY_PLACES[above]
    return ENTRY_PLACES.get(last, f"below {last}:")


def list_expected(path: NodePath) -> str:
    return STEPS_EXPECTED if path[-1:] in (("then",), ("else",)) else LIST_EXPECTED


def choose_one_of(choices: list[str]) -> str:
    return f"Write one of: {', '.join(choices)}."


def unknown_choice(word: str, choices: list[str]) -> str:
    """Returns the message for a `word` outside `choices`, with a suggestion if one is similar."""
    suggestion = nearest(word, choices)
    hint = f' Did you mean "{suggestion}"?' if suggestion else ""
    return f"{quoted(word)} is not known here.{hint} Known: {', '.join(choices)}."


def _suggest(typed_key: str, known_keys: Collection[str]) -> str:
    suggestion = nearest(typed_key, known_keys)
    return (
        f' Did you mean "{suggestion}"?' if suggestion else f" Known here: {', '.join(known_keys)}."
    )


def _most_similar(node: MappingNode, models: list[type[ConfigModel]]) -> type[ConfigModel]:
    return max(models, key=lambda model: len(config_keys(model).keys() & node.entries.keys()))
