"""``geor1.toml`` put in force: found once, checked, and handed to every command as its defaults."""

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from geobench_tools.errors import InputError
from geobench_tools.settings import Settings, activate, find_settings, load_settings

if TYPE_CHECKING:
    from typer.core import TyperCommand

__all__ = ["apply", "problem"]

_PREFIX = "GEOR1"
"""Of the variable that each option of a command has, as in GEOR1_EVAL_LIMIT."""

_problem: InputError | None = None


def apply(ctx: typer.Context, config: str) -> None:
    """Find and check the settings and make them the defaults of all commands.

    A file that is wrong is reported by the command itself (see ``problem``), so that ``--help``,
    ``doctor`` and ``init`` still work.
    """
    global _problem
    _problem = None
    activate(Settings())
    ctx.call_on_close(lambda: activate(Settings()))
    for name, command in _commands(ctx).items():
        _name_variables(command, _variable(_PREFIX, name))
    try:
        path = find_settings(config)
        if path is None:
            return
        settings = load_settings(path)
        defaults = _defaults(settings, ctx)
    except InputError as error:
        _problem = error
        return
    activate(settings)
    ctx.default_map = defaults
    _say(ctx.command, settings, defaults)


def _commands(ctx: typer.Context) -> Mapping[str, Any]:
    commands: Mapping[str, Any] = getattr(ctx.command, "commands", {})
    return commands


def problem() -> InputError | None:
    """Return what is wrong with the settings file, if anything is."""
    return _problem


def _defaults(settings: Settings, ctx: typer.Context) -> dict[str, Any]:
    """Return Click's ``default_map``: values by command and name of the parameter."""
    return _of_group(settings, ctx, ctx.command, settings.defaults, ("defaults",))


def _of_group(
    settings: Settings,
    ctx: typer.Context,
    group: Any,
    table: Mapping[str, Any],
    keys: tuple[str, ...],
) -> dict[str, Any]:
    made = {}
    for name, inner in table.items():
        command = group.commands.get(name)
        if command is None:
            _unknown(settings, (*keys, name), "command", group.commands)
        if not isinstance(inner, Mapping):
            said = ".".join((*keys, name))
            raise InputError(
                f"{settings.where(*keys, name)}: {said} is no table", hint=f"write [{said}]"
            )
        below = _of_group if hasattr(command, "commands") else _of_command
        made[name] = below(settings, ctx, command, inner, (*keys, name))
    return made


def _of_command(
    settings: Settings,
    ctx: typer.Context,
    command: "TyperCommand",
    table: Mapping[str, Any],
    keys: tuple[str, ...],
) -> dict[str, Any]:
    options: dict[str, Any] = {name: param for param in command.params for name in _names(param)}
    made = {}
    for name, value in table.items():
        param = options.get(name.replace("_", "-"))
        if param is None:
            _unknown(settings, (*keys, name), "option", options)
        made[str(param.name)] = _value(settings, ctx, param, value, (*keys, name))
    return made


def _names(param: Any) -> Iterator[str]:
    """Names of an option in the file: as typed, without dashes. Arguments have none."""
    if param.param_type_name == "option" and param.callback is None and param.name != "help":
        yield from (name[2:] for name in param.opts if name.startswith("--"))


def _value(
    settings: Settings, ctx: typer.Context, param: Any, value: object, keys: tuple[str, ...]
) -> object:
    """Check a value as if it were typed: ``k = 4.5`` fails like ``--k 4.5``."""
    where = f"{settings.where(*keys)}: {'.'.join(keys)}"
    if param.is_flag:
        if isinstance(value, bool):
            return value
        raise InputError(f"{where} is {value!r}", hint="write true or false")
    several = value if isinstance(value, list) else [value]
    if len(several) != 1 and not param.multiple:
        raise InputError(f"{where} takes one value", hint="write it without brackets")
    for one in several:
        if isinstance(one, bool) or not isinstance(one, str | int | float):
            raise InputError(
                f"{where} is {one!r}", hint=f"write a value as --{next(_names(param))} takes"
            )
    typed = [str(one) for one in several]
    checked: object = typed if param.multiple else typed[0]
    try:
        converted = param.process_value(ctx, checked)
    except typer.BadParameter as error:
        raise InputError(
            f"{where} is {value!r}: {error.message}",
            hint=f"write a value as --{next(_names(param))} takes",
        ) from None
    return _beside(settings, checked) if _is_path(converted) else checked


def _is_path(value: object) -> bool:
    first = value[0] if isinstance(value, list | tuple) and value else value
    return isinstance(first, Path)


def _beside(settings: Settings, value: object) -> object:
    """Take relative paths from the file's folder."""
    if isinstance(value, list):
        return [_beside(settings, one) for one in value]
    path = Path(str(value)).expanduser()
    folder = (settings.path or Path()).parent.resolve()
    here = path.is_absolute() or folder == Path.cwd().resolve()
    return str(path if here else folder / path)


def _unknown(
    settings: Settings, keys: tuple[str, ...], kind: str, known: Mapping[str, Any]
) -> NoReturn:
    near = difflib.get_close_matches(keys[-1], known, 1)
    owner = " ".join(keys[1:-1])
    listed = f"geor1 {owner} --help" if owner else "geor1 --help"
    raise InputError(
        f"{settings.where(*keys)}: {'.'.join(keys)}: there is no {kind} {keys[-1]!r}",
        hint=f"did you mean {near[0]}?" if near else f"see: {listed}",
    )


def _name_variables(command: Any, prefix: str) -> None:
    """Give every option its variable; help says the pattern once, not at each."""
    for param in command.params:
        if param.envvar is None and (name := next(_names(param), "")):
            param.envvar = _variable(prefix, name)
            param.show_envvar = False
    for name, inner in getattr(command, "commands", {}).items():
        _name_variables(inner, _variable(prefix, name))


def _variable(prefix: str, name: str) -> str:
    return f"{prefix}_{name}".replace("-", "_").upper()


def _say(command: Any, settings: Settings, defaults: Mapping[str, Any]) -> None:
    """Say below each command's help which file sets what."""
    for name, inner in getattr(command, "commands", {}).items():
        chosen = defaults.get(name, {})
        if hasattr(inner, "commands"):
            _say(inner, settings, chosen)
        else:
            what = ", ".join(chosen) or "nothing of this command"
            inner.epilog = f"Settings: {settings.path} sets {what}."
