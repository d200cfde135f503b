"""Adding an experiment: its skeleton, the lock of what it needs, its tests by themselves, its baseline."""
