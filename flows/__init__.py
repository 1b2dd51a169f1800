"""Prefect flows, and the scheduler of `regulars serve`; no other package imports Prefect."""
