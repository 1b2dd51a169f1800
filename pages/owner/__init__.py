"""The owner's pages: a module for each page, on a port of their own, behind a passcode."""
