"""Text as readers see it: characters that are hidden, or change what stands around them."""
