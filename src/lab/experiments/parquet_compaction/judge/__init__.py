"""From what was seen to observations, metrics and tables: pure.

observations: a run's whole result, by the files beside it: datasets, query_times, cost_model, compaction_interval,
consistency.
"""
