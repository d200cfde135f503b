"""From what was seen to observations, metrics and tables.

measures: of every answer, by trec_eval. model: time of a search at other sizes, and Heaps' law. observations: of all
criteria. metrics: and tables.
"""
