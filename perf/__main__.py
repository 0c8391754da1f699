"""``python -m perf``: see ``perf/runner.py``."""

from perf.runner import main

main()
