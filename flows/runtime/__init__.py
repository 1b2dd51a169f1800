"""How flows run: Prefect's server, child processes, redacted errors and logs."""
