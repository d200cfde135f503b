"""What the mechanism is put to.

survey: the table and its neighbours. plan: the publication. variants: the mechanism on the table, and broken ones.
attack: on noise that is drawn as a double.
"""
