"""Pure: from what was seen to observations, metrics and tables.

observations: by criterion. project: a fresh record against the baseline. metrics: figures and tables. model: time and chances.
"""
