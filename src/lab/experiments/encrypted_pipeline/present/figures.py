"""x"""


def figures(*a): ...
