"""A sink of Debezium's change events: Spark merges them into Iceberg tables, transaction by transaction.

Stands alone: it needs pyspark, confluent-kafka, pyarrow and psycopg. `python -m sink --help` tells how it is started.
"""
