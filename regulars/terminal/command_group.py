"""Groups of commands that answer an unknown command with the nearest one, or say it is planned."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


class GuidingGroup(TyperGroup):
    """A group of commands; an unknown one is answered with the nearest."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Returns the name, the command and the remaining arguments.

        Raises WrongUsageError for a command that does not exist.
        """
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            from regulars.terminal.unknown_command import unknown_command_error

            raise unknown_command_error(self._path(ctx), name, ctx.find_root().command)
        return super().resolve_command(ctx, args)

    @staticmethod
    def _path(ctx: Any) -> str:
        """Returns the group's own name, such as `doubt`; "" for the top level."""
        return "" if ctx.parent is None else str(ctx.info_name)
