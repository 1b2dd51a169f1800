"""One module for each command, named after it: its options and its run function."""
