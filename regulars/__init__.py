"""The command line: `cli` groups the commands of `regulars.commands`."""
