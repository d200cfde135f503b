"""What the mechanism is put to.

patients: the table and its neighbours. plan: the publication. arms: the mechanism on the table, and broken ones.
attack: on noise that is drawn as a double.
"""
