"""findings: a run by name. figures, model, summary: what the page shows of it."""
