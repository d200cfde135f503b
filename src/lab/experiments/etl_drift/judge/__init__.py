"""From what was seen to observations, metrics and tables. model: the time of a lock against a table's rows."""
