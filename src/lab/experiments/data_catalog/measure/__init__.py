"""Measurements of one arm or of the catalog, each by itself.

seen: what they give. retrieval: what is found, and in which order. stores: whether both agree, and with an oracle.
service: the application under load and under bad input. growth: at other sizes.
"""
