"""Output, options, progress bars and logging of the command line."""
