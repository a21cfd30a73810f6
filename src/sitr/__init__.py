"""Sitr (ستر): the response system for people whose personal photos were leaked or are threatened to be leaked.

The rooms and their arrows are drawn in docs/house.md; a test keeps them.
"""

__version__ = "0.1.0"
