"""One run: judged (both evaluations), rates (false alarms and misses), stream (the pipeline); seen: what they showed."""
