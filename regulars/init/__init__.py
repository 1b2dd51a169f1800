"""The interview of `regulars init`, and the config, keys and templates that come of it."""
