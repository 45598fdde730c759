"""Running syncs beside each other, each in a process of its own, and deciding when each is due."""
