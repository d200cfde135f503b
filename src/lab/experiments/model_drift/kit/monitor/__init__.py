"""Watch a served model: tests for drift, a model server with Prometheus metrics, a retrain job and its trigger."""
