"""Lists of addresses that the owner imports because they must get nothing."""
