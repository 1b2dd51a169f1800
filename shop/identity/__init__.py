"""Which identities of the sources are one customer: matching, merging and splitting."""
