"""The truth, found another way. rule: Spark's rule replayed event by event. batch: the features by DuckDB."""
