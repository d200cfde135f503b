"""From what was seen to observations, metrics and tables: pure.

influences: what perturbation saw against what is told. reading: generated SQL. observations: by criterion. metrics.
"""
