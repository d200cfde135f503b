"""stand: all services up. board: Airflow seen from outside. runs: every run with its fault. seen: what that leaves."""
