"""What is under test, to take home.

files: objects in a store or a folder. layouts: partition keys. table_format: data files and the log that names them.
compaction: merge small files, clean up old ones. reader: which files a query needs, and the query. cost_model: what
it should take.
"""
