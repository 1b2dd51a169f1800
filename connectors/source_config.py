"""Base of the source blocks in config.yaml, one model for each platform."""

from __future__ import annotations

from collections.abc import Callable, Collection

from settings.addresses import validate_endpoint
from settings.model import ConfigModel


class SourceConfig(ConfigModel):
    """A source block; `from:` names its platform."""

    from_: str

    @property
    def server(self) -> str | None:
        """The address that the block names for its platform's server, if it names one."""
        return getattr(self, "address", None)

    @property
    def custom_fields(self) -> Collection[str]:
        """The names of the columns of the owner's own that the source gives to customers."""
        return ()


def endpoint_validator(example: str) -> Callable[[str], str]:
    """Return a validator of a server's address that shows `example` in its error."""

    def validate(text: str) -> str:
        return validate_endpoint(text, example)

    return validate
