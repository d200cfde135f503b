"""From `Seen` to a result, without any service.

outcome: what became of the events in one query. observations: the criteria's values. tables, metrics: the record's.
result: treatment and controls.
"""
