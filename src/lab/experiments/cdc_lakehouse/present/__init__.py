"""What is said of a run, from its results alone.

findings: figures that several places tell. figures, lag_figures, table_figures: pictures. law: at scale, computed.
theil_sen: a slope with its interval. summary: answer and decisions.
"""
