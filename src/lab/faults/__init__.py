"""Faults that are real: injected at the beginning of a block, healed at its end, however it ends."""
