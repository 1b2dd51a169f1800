"""The scheduler of `regulars serve`, and the supervisor of Prefect's server."""
