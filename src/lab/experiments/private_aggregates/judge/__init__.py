"""From what was seen to observations, metrics and tables.

model: of the sum at other sizes. accuracy, privacy: one function for each criterion. observations: all of them.
metrics: and tables.
"""
