"""What the mechanism is put to.

event_log: events, their layouts, queries and right answers. tpch: lineitem likewise. maintenance: how a dataset is
kept: by the mechanism, by the control, by a compaction that is killed.
"""
