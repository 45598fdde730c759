"""Who puts the numbers into words: a template, a model behind an address, or one in the warehouse."""
