"""What is under test: the kit (`kit/evolution`: checker, reader, migration), and two applications of it.

consumer: reads a topic of many versions. parquet: reads files of many versions together.
"""
