"""One run, services up: processors, a Spark driver, faults, and what they leave behind."""
