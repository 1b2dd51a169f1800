"""Prefect flows: the only room that knows Prefect."""
