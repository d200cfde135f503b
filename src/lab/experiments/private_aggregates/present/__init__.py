"""What a run shows.

findings: its figures by name. figures, figures_scale: pictures. composition: accounts of many releases. law: at
other sizes. summary: answer and decisions.
"""
