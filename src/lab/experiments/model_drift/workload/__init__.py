"""People and how they drift; arms of the tests; what is sent to the served models."""
