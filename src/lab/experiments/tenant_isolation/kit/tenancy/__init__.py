"""Rows apart by tenant: policies, lint, tokens, an application and its audit."""
