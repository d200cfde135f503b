"""What a run shows.

figures: by name, figures_of_time and figures_of_rows: each, encodings: what they share. law: at other sizes. summary.
"""
