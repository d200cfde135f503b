"""x"""


def model(*a): ...
