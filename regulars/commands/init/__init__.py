"""`regulars init`: an interview, and the config, keys and templates that come of it."""

from regulars.commands.init.options import command

__all__ = ["command"]
