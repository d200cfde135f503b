"""What a run shows.

findings: its figures by name. figures, figures_load: pictures. model: at other sizes. summary: answer and decisions.
"""
