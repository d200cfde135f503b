"""What a run shows.

findings: its figures by name. figures, figures_scale: pictures. model: at other sizes, and accounts of many releases.
summary: answer and decisions.
"""
