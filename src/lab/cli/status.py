"""Exit status of `lab` by verdict."""

STATUS = {"pass": 0, "fail": 1, "inconclusive": 3, "error": 4, "not run": 4}
