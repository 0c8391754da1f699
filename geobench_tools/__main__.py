"""``geor1``, and ``python -m geobench_tools``: the door to the command."""

import signal

__all__ = ["main"]


def main() -> None:
    """Run ``geor1``; before a command begins and after it has ended, Ctrl-C says nothing."""
    _end_at_ctrl_c()
    from geobench_tools.cli import main as run

    try:
        run()
    finally:
        _end_at_ctrl_c()


def _end_at_ctrl_c() -> None:
    """Let Ctrl-C end the process at once, unless it is ignored or handled."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


if __name__ == "__main__":
    main()
