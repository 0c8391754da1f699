"""Indirect verifiable rewards for geospatial reasoning.

The package is organised as a line of rooms, each importing only from those before it: ``geo``
(positions), ``views`` (image tables), ``pairing`` (candidate sets and their audit), ``reports``
(pages and tables). ``geobench_tools.cli`` holds the ``geor1`` command and no logic.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
