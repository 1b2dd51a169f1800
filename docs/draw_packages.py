"""Writes the package diagram and the package table of docs/architecture.md from the imports.

`python docs/draw_packages.py` rewrites the part between the two markers; `--check` only compares
and exits with 1 where the page is out of date. Standard library only.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"
BEGIN = "<!-- packages: written by docs/draw_packages.py -->"
END = "<!-- end of packages -->"
HIDDEN = ("migrations", "versions")

Graph = dict[str, set[str]]


def main() -> int:
    page = PAGE.read_text(encoding="utf-8")
    updated = replace_section(page, section())
    if "--check" in sys.argv:
        return int(updated != page)
    PAGE.write_text(updated, encoding="utf-8")
    return 0


def replace_section(page: str, text: str) -> str:
    """`page` with everything between the two markers replaced by `text`."""
    pattern = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    return pattern.sub(lambda _: f"{BEGIN}\n{text}{END}", page)


def section() -> str:
    """The Mermaid diagram of the rooms, then one table row per package."""
    modules = load_modules()
    packages = package_imports(modules)
    return "\n".join([*diagram(room_imports(packages)), "", *table(packages, modules), ""])


def load_modules() -> dict[str, ast.Module]:
    """Dotted name → syntax tree of every product module."""
    modules = {}
    for path in (path for room in rooms() for path in sorted((ROOT / room).rglob("*.py"))):
        if not set(HIDDEN) & set(path.parts):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            modules[name] = ast.parse(path.read_text(encoding="utf-8"))
    return modules


def rooms() -> list[str]:
    """The top-level packages, from the layers of the import contract first to the lowest."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages: list[str] = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    return packages


def package_imports(modules: Mapping[str, ast.Module]) -> Graph:
    """Package → the other packages that its modules import."""
    imports: Graph = {}
    for name, tree in modules.items():
        package = package_of(name, modules)
        targets = {package_of(target, modules) for target in imported(tree) if target in modules}
        imports.setdefault(package, set()).update(targets - {package})
    return imports


def package_of(name: str, modules: Mapping[str, ast.Module]) -> str:
    if name.endswith(".__init__"):
        return name.removesuffix(".__init__")
    return name if f"{name}.__init__" in modules else name.rpartition(".")[0]


def imported(tree: ast.Module) -> Iterator[str]:
    """Dotted names that may be modules: `from a.b import c` yields a.b and a.b.c."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_imports(packages: Graph) -> Graph:
    imports: Graph = defaultdict(set)
    for package, targets in packages.items():
        room = package.partition(".")[0]
        imports[room] |= {target.partition(".")[0] for target in targets} - {room}
    return dict(imports)


def diagram(imports: Graph) -> list[str]:
    """Arrows that follow from others are left out (transitive reduction)."""
    lines = ["```mermaid", "flowchart TD"]
    for room in rooms():
        targets = imports.get(room, set())
        implied = {far for near in targets for far in reachable(near, imports)}
        lines += [f"  {room} --> {target}" for target in rooms() if target in targets - implied]
    return [*lines, "```"]


def reachable(room: str, imports: Graph) -> set[str]:
    seen: set[str] = set()
    stack = [room]
    while stack:
        for target in imports.get(stack.pop(), set()) - seen:
            seen.add(target)
            stack.append(target)
    return seen


def table(packages: Graph, modules: Mapping[str, ast.Module]) -> list[str]:
    rows = [f"| `{name}` | {summary(modules, name)} | {joined(packages[name])} |"
            for name in sorted(packages, key=order)]  # fmt: skip
    return ["| package | holds | imports |", "|---|---|---|", *rows]


def order(package: str) -> tuple[int, str]:
    return rooms().index(package.partition(".")[0]), package


def summary(modules: Mapping[str, ast.Module], package: str) -> str:
    docstring = ast.get_docstring(modules[f"{package}.__init__"]) or ""
    return docstring.partition("\n\n")[0].replace("\n", " ")


def joined(packages: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(packages, key=order)) or "–"


if __name__ == "__main__":
    sys.exit(main())
