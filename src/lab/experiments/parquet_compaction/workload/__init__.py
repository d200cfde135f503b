"""What the mechanism is put to.

event_log: events, their layouts, queries and right answers. maintenance: how a dataset is kept, by the mechanism and by
the control.
"""
