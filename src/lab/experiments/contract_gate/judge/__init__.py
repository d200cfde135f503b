"""From what was seen to observations, metrics and tables, without a service.

kinds: each kind of rule, caught or missed. census: the kept sweep over all changes. observations: what is judged.
metrics: what is told, and the line of the times.
"""
