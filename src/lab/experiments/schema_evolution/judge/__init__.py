"""From what was seen to observations, metrics and tables.

observations: one for each criterion. counts: confusion of verdicts and truths, the model of time. metrics: and tables.
"""
