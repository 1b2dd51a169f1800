"""Backup and restore of a shop, activation of a copy, and the suppression list as a file."""
