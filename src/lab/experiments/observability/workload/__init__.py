"""streams: generated days with known anomalies. arms: rules. faults: of live pipelines."""
