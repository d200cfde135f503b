"""From what was seen to observations, metrics and tables; nothing is billed here."""
