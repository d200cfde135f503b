"""Fetch what experiments need: Debian packages, JVM artefacts, Python locks, Go tools; pinned and verified."""
