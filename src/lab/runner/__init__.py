"""Run a notebook headless, in processes of its own, and keep what it leaves behind."""
