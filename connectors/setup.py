"""What `regulars init` asks about a platform, and the sandbox server that stands in for it.

The values are declared in `connectors/<platform>/init.py`. They are read whenever the command line
starts, so this module and those import nothing but the standard library.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class SetupQuestion:
    """A question whose answer becomes the setting `key` of the source's block in config.yaml.

    Where `env` is set the answer is a secret: it is kept in .env under that name. `parse` returns
    the setting as config.yaml takes it, or raises `ValueError` with a sentence for the owner. An
    `optional` setting may be left out; a `flag` of its own answers it, with `metavar` in the help.
    """

    key: str
    text: str
    hint: str = ""
    flag: str = ""
    env: str = ""
    metavar: str = ""
    optional: bool = False
    parse: Callable[[str], str] = str


@dataclass(frozen=True)
class SandboxServer:
    """The sandbox package that imitates a platform, and how `regulars sandbox` serves it.

    `keys` are the secrets it accepts, by the environment names that the demo's config.yaml uses.
    """

    package: str
    port_option: str
    port: int
    help: str
    keys: Mapping[str, str]


@dataclass(frozen=True)
class Setup:
    """How a platform is chosen and set up in `regulars init`.

    `flag` chooses it on the command line; with a `metavar` it also answers the question that names
    it. `source` is the name its source gets in config.yaml. `address_flag` names the option for a
    sandbox server's address.
    """

    name: str
    label: str
    choices: tuple[str, ...]
    choice_hint: str
    flag: str
    flag_help: str = ""
    metavar: str | None = None
    address_flag: str = ""
    source: str = ""
    questions: tuple[SetupQuestion, ...] = ()
    has_carts: bool = False
    sends_mail: bool = False
    sandbox: SandboxServer | None = field(default=None, repr=False)
    is_offered_last: bool = False
