"""Whether a shop's mail will arrive: one module for each thing that is looked at."""
