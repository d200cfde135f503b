"""What the page shows, from results alone.

figures: pictures. model: time and size of the graph as it grows. summary: answer and decisions.
"""
