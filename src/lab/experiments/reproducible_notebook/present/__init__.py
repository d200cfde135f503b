"""What a run shows.

findings: its figures by name. figures: pictures. model: time and chances for more notebooks. summary: answer and decisions.
"""
