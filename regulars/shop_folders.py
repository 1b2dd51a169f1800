"""The shops that a command is about: folders, files or patterns that its user names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

CONFIG_NAME = "config.yaml"


def named_shops(config: Path, folders: Sequence[str]) -> list[Path]:
    """Returns the owner's files of the shops in `folders`; without any, `config`, or those directly
    below its folder.

    Raises ConfigError where no shop is named and none is here.
    """
    from settings.yaml.missing_file import missing_file

    targets = folders or [str(config if config.exists() else config.parent)]
    paths = list(dict.fromkeys(path for target in targets for path in config_paths(target)))
    if not folders and not any(path.exists() for path in paths):
        raise missing_file(config)
    return paths


def config_paths(target: str) -> Iterator[Path]:
    """Yields the owner's files that `target` stands for: a file, the folder of a shop, a folder of
    shops, or a pattern of any of them. What does not exist is yielded as it is.
    """
    path = Path(target)
    if path.is_dir():
        below = sorted(path.glob(f"*/{CONFIG_NAME}"))
        own = path / CONFIG_NAME
        yield from [own] if own.exists() or not below else below
    elif path.exists() or not (matches := _matches(path)):
        yield path
    else:
        # A pattern also matches what is beside the shops: only shops count.
        for match in matches:
            if match.is_file() or (match / CONFIG_NAME).exists():
                yield from config_paths(str(match))


def _matches(pattern: Path) -> list[Path]:
    """Returns the paths that match `pattern`, which may be absolute."""
    anchor = pattern.anchor
    return sorted(
        Path(anchor).glob(str(pattern.relative_to(anchor))) if anchor else Path().glob(str(pattern))
    )
