"""What is thrown at the gate.

shop: the data that keep to the contract. mutants: systematic changes of them. pushes: what committers push.
"""
