"""What is thrown at the windows.

log: the events, when each is due and where it goes. arms: which windows are compared. sender: a process that sends on
schedule.
"""
