"""``python -m geobench_tools`` is ``geor1``."""

from geobench_tools.cli import main

if __name__ == "__main__":
    main()
