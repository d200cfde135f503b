"""What a run shows, from results alone: figures, model (at other sizes), summary (answer and decisions)."""
