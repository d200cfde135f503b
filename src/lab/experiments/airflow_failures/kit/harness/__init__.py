"""api: Airflow's REST interface. source: orders over HTTP, with faults. faults: the failure injection scripts. watcher:
alerts from outside. play: one run with one fault. test_failures: the five modes against your own Airflow, by pytest.
"""
