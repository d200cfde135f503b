"""From what was seen to observations, metrics and tables, without a service.

layers: who noticed a change, and whether the words name it. census: the kept sweep over all changes. growth: time by
size. observations, metrics: what is judged and what is told.
"""
