"""From what was seen to observations, metrics and tables.

accuracy, privacy: one function for each criterion. observations: all of them. metrics: and tables.
"""
