"""The truth, without the mechanism: theory of the errors, and plain recomputation of the answers."""
