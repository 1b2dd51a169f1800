"""Tests of templates and their rendering."""
