"""Keys and shapes: the unknown is reported and, where the meaning is clear, read as meant.

A mended key lets what stands below it be checked too, and is not reported as missing as well.
"""

from __future__ import annotations

from collections.abc import Collection

from settings.model import SURE, ByVerb, Words, chosen_step, keys, nearest, verb
from settings.text_value import quoted
from settings.yaml.model_paths import Place, place_of
from settings.yaml.yaml_nodes import Found, Node, Path, Row, Spot, Table, Text, first_spot

LIST_WANTED = 'This needs a list: put "- " before each entry.'
STEPS_WANTED = 'This needs a list: put "- " before each step.'
TABLE_WANTED = "This needs lines of its own below, each with a key and a value."
NO_LIST = 'This is no list: write it without "- " and without [ ].'


class Mender:
    """Walks the tree beside the models; notes what is not understood and what must be hidden."""

    def __init__(self, found: list[Found]) -> None:
        self.found = found
        self.hidden: list[Spot] = []
        self.silent = {one.path for one in found if one.final}
        """Paths of which nothing more is to be said."""

    def mend(self, root: Node, model: type[Words]) -> None:
        """Notes unknown keys, kinds and shapes; changes the tree in place."""
        self._node(root, place_of(model), (), Spot(0, 1))

    def _node(self, node: Node, place: Place, path: Path, key: Spot) -> Node:
        if path in self.silent:
            return node
        if isinstance(node, Text):
            self._text(node, place, path)
        elif isinstance(node, Row):
            self._row(node, place, path)
        else:
            return self._table(node, place, path, key)
        return node

    def _text(self, node: Text, place: Place, path: Path) -> None:
        if place.secret and not node.text.startswith("$"):
            self.hidden.append(node.spot)
        if not place.takes_text:
            wanted = list_wanted(path) if place.item else TABLE_WANTED
            self._refuse(node.spot, wanted, path)

    def _row(self, node: Row, place: Place, path: Path) -> None:
        if place.item:
            for index, item in enumerate(node.items):
                under = (*path, index)
                node.items[index] = self._node(item, place.item, under, first_spot(item))
        elif not place.takes_text:
            self._refuse(Spot(node.spot.start, node.spot.start + 1), NO_LIST, path)

    def _table(self, node: Table, place: Place, path: Path, key: Spot) -> Node:
        if apart := place.told_apart():
            self._told_apart(node, apart, path)
        elif place.models:
            self._keys(node, _most_like(node, place.models), path)
        elif place.under_any_key:
            for name, entry in node.entries.items():
                under = (*path, name)
                entry.node = self._node(entry.node, place.under_any_key, under, entry.spot)
        elif place.item and not place.takes_text:
            self._note(key, list_wanted(path), path)
            return Row([self._node(node, place.item, (*path, 0), first_spot(node))], node.spot)
        return node

    def _told_apart(self, node: Table, place: Place, path: Path) -> None:
        if isinstance(place.told_by, ByVerb):
            model = self._step(node, place, path)
            if model:
                self._keys(node, model, path, [verb(other) for other in place.models])
            return
        member: Place | None = place
        while member and member.told_by:
            member = self._member(node, member, path)
        if member and member.models:
            self._keys(node, member.models[0], path)

    def _step(self, node: Table, place: Place, path: Path) -> type[Words] | None:
        """The kind of step this is; a misspelt verb is put right."""
        if not (model := chosen_step(node.entries, place.models)):
            verbs = [verb(each) for each in place.models]
            near = {key: meant for key in node.entries if (meant := nearest(key, verbs, SURE))}
            if near:
                typed, meant = next(iter(near.items()))
                self._mend_key(node, typed, meant, path)
                return chosen_step(node.entries, place.models)
            self._no_step(node, verbs, path)
        return model

    def _no_step(self, node: Table, verbs: list[str], path: Path) -> None:
        first = next(iter(node.entries), None)
        said = f"{quoted(first)} is not a step." if first else "This step is empty."
        under = (*path, first) if first else path
        self._note(first_spot(node), f"{said}{_hint(first or '', verbs)}", under)
        self.silent.add(path)

    def _member(self, node: Table, place: Place, path: Path) -> Place | None:
        """The kind that the telling key names; a misspelt word is put right."""
        key, known = place.key(), sorted(set(place.words_of(place.told_by)))
        if key not in node.entries:
            typed = nearest(key, node.entries, SURE)
            if not typed:
                at = first_spot(node)
                self._refuse(at, f'"{key}:" is missing. Known: {", ".join(known)}.', path)
                return None
            self._mend_key(node, typed, key, path)
        value = node.entries[key].node
        if not isinstance(value, Text):
            self._refuse(node.entries[key].spot, one_of(known), path)
            return None
        if value.text not in known and (*path, key) not in self.silent:
            self._note(value.spot, not_known(value.text, known), (*path, key))
            meant = nearest(value.text, known)
            if not meant:
                self.silent.add(path)
                return None
            value.text = meant
        return place.member(value.text)

    def _keys(
        self, node: Table, model: type[Words], path: Path, verbs: list[str] | None = None
    ) -> None:
        known = keys(model)
        for typed in [key for key in node.entries if key not in known]:
            self._unknown(node, typed, model, path, verbs or [])
        place = Place((model,))
        for key, entry in node.entries.items():
            if below := place.below(key):
                entry.node = self._node(entry.node, below, (*path, key), entry.spot)

    def _unknown(
        self, node: Table, typed: str, model: type[Words], path: Path, verbs: list[str]
    ) -> None:
        free = [key for key in keys(model) if key not in node.entries]
        if typed in verbs:
            message = f'{quoted(typed)} is a step of its own: put "- " before it.'
        elif meant := nearest(typed, set(verbs).difference(free), SURE):
            message = (
                f'{quoted(typed)} is not understood here. Did you mean "{meant}"? '
                'That is a step of its own: put "- " before it.'
            )
        elif nearest(typed, free, SURE):
            self._mend_key(node, typed, str(nearest(typed, free)), path)
            return
        else:
            message = f"{quoted(typed)} is not understood here.{_hint(typed, free or keys(model))}"
            if meant := nearest(typed, free):
                self.silent.add((*path, meant))
        self._note(node.entries.pop(typed).spot, message, (*path, typed))

    def _mend_key(self, node: Table, typed: str, meant: str, path: Path) -> None:
        """Reads a misspelt key as the one that was meant, in its place."""
        message = f'{quoted(typed)} is not understood here. Did you mean "{meant}"?'
        self._note(node.entries[typed].spot, message, (*path, typed))
        entries = list(node.entries.items())
        node.entries.clear()
        for key, entry in entries:
            node.entries[meant if key == typed else key] = entry
        if (*path, typed) in self.silent:
            self.silent.add((*path, meant))

    def _note(self, spot: Spot, message: str, path: Path) -> None:
        self.found.append(Found(spot, message, path))

    def _refuse(self, spot: Spot, message: str, path: Path) -> None:
        self._note(spot, message, path)
        self.silent.add(path)


def list_wanted(path: Path) -> str:
    return STEPS_WANTED if path[-1:] in (("then",), ("else",)) else LIST_WANTED


def one_of(known: list[str]) -> str:
    return f"Write one of: {', '.join(known)}."


def not_known(word: str, known: list[str]) -> str:
    """For a word outside a closed set."""
    near = nearest(word, known)
    meant = f' Did you mean "{near}"?' if near else ""
    return f"{quoted(word)} is not known here.{meant} Known: {', '.join(known)}."


def _hint(typed: str, known: Collection[str]) -> str:
    near = nearest(typed, known)
    return f' Did you mean "{near}"?' if near else f" Known here: {', '.join(known)}."


def _most_like(node: Table, models: list[type[Words]]) -> type[Words]:
    return max(models, key=lambda model: len(keys(model).keys() & node.entries.keys()))
