"""The load, the schedule of faults, and the link that loses an answer."""
