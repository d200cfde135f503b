"""From what was seen to observations, metrics and tables; pure."""
