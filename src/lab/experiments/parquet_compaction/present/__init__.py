"""What a result shows: pure.

findings: the few figures that all others speak of. figures, frequency_figure: pictures. law: at scale. summary: answer
and decisions.
"""
