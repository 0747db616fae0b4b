"""The product's version: the one place it is written, for the package and for the functions.

A function has no installed distribution to ask, so hatch reads this module, not the other way.
"""

VERSION = "0.2.0"
