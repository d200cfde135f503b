"""From what was seen to observations, metrics and tables.

scores: AUC, log-loss, calibration and their bootstrap. law: what a history gains. observations, metrics: by name.
"""
