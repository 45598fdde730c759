"""StudentSuccess, opened on a warehouse of this machine."""
