"""figures, model, summary: what the page shows, from results alone."""
