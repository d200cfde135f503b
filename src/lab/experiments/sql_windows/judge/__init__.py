"""From what was seen to observations, metrics and tables.

slopes: measured against declared growth. observations: one for each criterion. metrics: and tables.
"""
