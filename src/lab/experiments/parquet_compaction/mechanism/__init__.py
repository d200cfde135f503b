"""What is under test, to take home.

files: objects in a store or a folder. layouts: partition keys. partition_values: their values as text and in paths.
table_format: data files and the log that names them. schemas: files whose columns differ as one table. compaction: merge
small files, clean up old ones. reader: which files a query needs, and the query. cost_model: what
it should take.
"""
