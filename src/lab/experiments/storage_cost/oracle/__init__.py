"""The truth, without the mechanism: bills worked out by hand, a meter in SQL, all schedules of small traces."""
