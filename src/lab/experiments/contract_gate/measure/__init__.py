"""One run, services up.

seen: what is handed on. data: the shop in each place, as it was agreed and changed. gates: each change judged by the gate and by
datacontract-cli, and built by dbt. pushes: a real repository. times: growing data.
"""
