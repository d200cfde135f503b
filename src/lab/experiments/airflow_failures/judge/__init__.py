"""From what was seen to outcomes, tables, observations and metrics; pure."""
