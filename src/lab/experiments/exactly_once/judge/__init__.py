"""From what was seen to observations, metrics and tables: pure, so that it can be tested without a service."""
