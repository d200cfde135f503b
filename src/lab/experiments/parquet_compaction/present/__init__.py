"""What a result shows: pure.

findings: the few figures that all others speak of. figures, interval_figure: pictures. model: at scale. summary: answer
and decisions.
"""
