"""Groups of commands that answer an unknown command with the nearest one, or say it is planned."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

from settings.errors import WrongUsageError

NOT_SENT = (
    "With through: outbox below sending:, a run writes the mails into a folder and nobody gets "
    "any. What the rules would have sent until today: regulars look-back"
)
UNKNOWN_OPTIONS = dict.fromkeys(("--dry-run", "--dryrun", "--simulate", "--test"), NOT_SENT)


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

    def invoke(self, ctx: Any) -> Any:
        """Runs the command; an option that exists elsewhere, such as `--dry-run`, is explained."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            option = getattr(error, "option_name", None)
            if option not in UNKNOWN_OPTIONS:
                raise
            raise WrongUsageError(f"No such option: {option}. {UNKNOWN_OPTIONS[option]}") from None

    @staticmethod
    def _path(ctx: Any) -> str:
        """Returns the group's own name, such as `doubt`; "" for the top level."""
        return "" if ctx.parent is None else str(ctx.info_name)
