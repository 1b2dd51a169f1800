"""Several shops on one port: the overview, and below it each shop's own pages."""
