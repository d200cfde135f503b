"""The truth about one message: what the specification makes of it, value by value.

binary: bytes that were written by nobody's library. resolution: the value that a reader's schema must give, and what is lost.
"""
