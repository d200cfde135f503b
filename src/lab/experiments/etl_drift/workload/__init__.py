"""What is thrown at mapping and loader.

flights: the real data. drifts: simulated drift of every column. batches: a source that changes from delivery to delivery.
arms: the mechanism, and the controls.
"""
