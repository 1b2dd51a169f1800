"""Reading and validating config.yaml."""
