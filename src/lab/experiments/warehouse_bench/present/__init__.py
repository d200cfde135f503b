"""What is told about a run, from its result alone.

findings: what figures, model and summary share, and the tables of the page.
figures: what is drawn.
model: how the times grow.
summary: the answer in short.
"""
