"""`check`: playing a function, judging it, and showing what came of it."""
