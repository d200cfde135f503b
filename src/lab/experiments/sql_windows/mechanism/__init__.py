"""The ten queries as a reader takes them home; their texts are in kit.

queries: a file of the kit as a statement. paramstyle: its parameters for any driver. complexity: its O().
"""
