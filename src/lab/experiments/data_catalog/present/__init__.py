"""What a run shows.

findings: its figures by name. figures, figures_service: pictures. model: at other sizes. summary: answer and decisions.
"""
