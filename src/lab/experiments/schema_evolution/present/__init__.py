"""What the page shows, from results alone.

figures, figures_readers: pictures. model: time of a check as a history grows. summary: answer and decisions.
"""
