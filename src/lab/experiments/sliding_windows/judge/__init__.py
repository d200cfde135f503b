"""From what was seen to observations, metrics and tables: pure, so that it can be tested without a service.

verdicts: a query's windows held against the oracle. latency: when events and windows reached the sink. price: what a
slide costs. result: all of it, as treatment and controls.
"""
