"""The truth, found another way.

truth: windows by DuckDB over the generator's log. sparkrule: what Spark must drop, replayed over recorded batches.
"""
