"""One run: what was seen, without a judgement.

seen: its parts. notebooks: executions in all environments. workflow: the steps of continuous integration. truth: against the
oracle. project: this project's own baseline.
"""
