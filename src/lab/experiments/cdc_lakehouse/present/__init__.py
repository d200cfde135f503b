"""What is said of a run, from its results alone.

findings: figures that several places tell. figures, lag_figures, table_figures: pictures. model: at scale, computed.
summary: answer and decisions.
"""
