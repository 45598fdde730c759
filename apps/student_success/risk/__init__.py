"""Who needs help first, and how far the answer can be trusted."""
