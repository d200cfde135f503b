"""A sink of Debezium's change events: Spark merges them into an Iceberg table, transaction by transaction.

Stands alone: it needs pyspark, confluent-kafka and pyarrow. `python -m sink --help` tells how it is started.
"""
