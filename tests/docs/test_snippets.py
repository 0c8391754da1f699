import ast
import doctest
import re
from pathlib import Path

import pytest
from docs_snippets import ROOT, SHELL, all_commands, blocks, inline_commands, names, parse

from geobench_tools.demo import demo_stages

COMMANDS = [c for c in all_commands() if c.geor1 is not None]


def ids(items):
    return [f"{item.page}:{item.line}" for item in items]


@pytest.mark.parametrize("command", COMMANDS, ids=ids(COMMANDS))
def test_commands_parse(command):
    parse([word for word in command.geor1 if word != "…"])


@pytest.mark.parametrize(
    "words",
    [
        ["evaluate"],
        ["eval", "--modle", "majority"],
        ["build-pairs", "--k", "four"],
        ["runs", "shows"],
    ],
)
def test_wrong_commands_do_not_parse(words):
    with pytest.raises(Exception, match=r".") as caught:
        parse(words)
    assert caught.type.__module__.startswith("typer")


def test_commands_in_running_text_exist():
    wrong = []
    seen = 0
    for command in inline_commands():
        seen += 1
        words = command.text.split()[1:]
        path, known, used = names(words)
        if path == "geor1" and words[0] not in ("…", "COMMAND", "--help", "--config", "--version"):
            wrong.append(f"{command.page}:{command.line}: no such command: {command.text}")
        wrong += [
            f"{command.page}:{command.line}: {path} has no {option}: {command.text}"
            for option in used
            if option not in known
        ]
    assert seen > 50
    assert not wrong, "\n".join(wrong)


def test_shell_blocks_say_so():
    """A block with a command in it is marked as shell, so that nothing escapes the tests."""
    unmarked = [
        f"{block.page}:{block.line}"
        for block in blocks()
        if block.language not in {*SHELL, "python", "json", "yaml", "toml"}
        and any(
            line.strip().removeprefix("$ ").split(" ")[0]
            in {"geor1", "make", "pip", "python", "accelerate"}
            for line in block.text.splitlines()
        )
    ]
    assert not unmarked, unmarked


PYTHON = [block for block in blocks() if block.language == "python"]


@pytest.mark.parametrize("block", PYTHON, ids=ids(PYTHON))
def test_python_blocks_compile_and_examples_hold(block):
    if ">>> " not in block.text:
        ast.parse(block.text)
        return
    name = f"{block.page}:{block.line}"
    examples = doctest.DocTestParser().get_doctest(block.text, {}, name, block.page, block.line)
    said = []
    doctest.DocTestRunner(verbose=False).run(examples, out=said.append)
    assert not said, "".join(said)


def test_the_first_hour_shows_the_stages_of_the_demo():
    typed = {tuple(c.geor1) for c in COMMANDS if c.page == "first-hour.md"}
    stages = {tuple(stage.words) for stage in demo_stages(Path("demo"), train=False)}
    assert stages <= typed


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_links_of_pages_outside_the_site(page):
    links = re.findall(r"\]\(([^)#]+)", (ROOT / page).read_text(encoding="utf-8"))
    assert not [link for link in links if "://" not in link and not (ROOT / link).exists()]
