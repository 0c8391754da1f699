"""What the user pays for tokens, from a file of theirs; the project knows no price."""

from pathlib import Path

from geobench_tools.errors import InputError
from geobench_tools.evaluation._record import Prices

__all__ = ["load_prices"]

_MAX_BYTES = 1 << 20
_EXAMPLE = "gpt-x: {input: 2.5, output: 10.0, currency: USD}"


def load_prices(path: Path, model: str) -> Prices:
    """Read the prices of a model, per million tokens.

    Args:
        path: YAML or JSON: a mapping from model names to ``input``, ``output`` and optionally
            ``cached_input`` and ``currency``.
        model: The model's name, without ``openai:``.

    Raises:
        InputError: The file is missing, of another shape, or does not name the model.
    """
    import yaml

    try:
        raw = path.read_bytes()
        if len(raw) > _MAX_BYTES:
            raise InputError(f"{path} has {len(raw):,} bytes, more than {_MAX_BYTES:,}")
        table = yaml.safe_load(raw.decode("utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path} is not YAML: {error}") from None
    entry = table.get(model) if isinstance(table, dict) else None
    if not isinstance(entry, dict):
        raise InputError(f"{path} has no prices of {model!r}", hint=f"a line such as {_EXAMPLE}")
    if unknown := sorted(set(entry) - {"input", "output", "cached_input", "currency"}):
        raise InputError(f"{path}: {model}: unknown field {unknown[0]!r}", hint=_EXAMPLE)
    cached = entry.get("cached_input")
    return Prices(
        _price(path, model, "input", entry.get("input")),
        _price(path, model, "output", entry.get("output")),
        None if cached is None else _price(path, model, "cached_input", cached),
        str(entry.get("currency", "USD")),
    )


def _price(path: Path, model: str, name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
        raise InputError(f"{path}: {model}: {name} is {value!r}, not a price", hint=_EXAMPLE)
    return float(value)
