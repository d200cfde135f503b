"""What a reader takes home: a release and its accountant.

release: the function to call. queries: what can be asked. bounding: who counts with how many rows. prepare: from
table and query to a statistic. statistic: what gets noise, and how. noise: OpenDP's samplers. budget: the accountant.
"""
