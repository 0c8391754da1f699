"""``geor1``, and ``python -m geobench_tools``: the door to the command."""

import signal

__all__ = ["main"]


def main() -> None:
    """Run ``geor1``; before a command begins, Ctrl-C ends it at once and without a word."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from geobench_tools.cli import main as run

    run()


if __name__ == "__main__":
    main()
