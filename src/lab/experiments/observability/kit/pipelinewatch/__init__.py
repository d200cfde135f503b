"""metrics: of a pipeline. evaluate: alerts against what was injected. runbook: the webhook that runs it.

worker, plant: an example pipeline and what keeps it running.
"""
