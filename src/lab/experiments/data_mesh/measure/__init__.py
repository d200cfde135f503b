"""One run, services up. seen: what it gives. mesh: a database with three domains. census: every change. history: deployments
over weeks. timing: verification for many consumers."""
