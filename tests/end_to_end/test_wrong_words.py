"""Five hundred wrong invocations of the command: each is answered in one line, and none by a traceback."""

import random
from pathlib import Path

import click
import pytest

from fivetran_tools.cli import fivetran, main

INVOCATIONS = 500
NAMES = [
    "", " ", "a b", "../x", "../../etc", "-x", "/", ".", "..", "hed ", "HED", "hed/../hed", "é", "🎓",
    "x" * 5000, "None", "$(id)", "`id`", "%s%s", "hed;id", "\n", "\x1b[2J", "0hed", "no-such",
]  # fmt: skip
ADDRESSES = [
    "",
    "ftp://h",
    "http://example.com/f",
    "https://",
    "://",
    "http://127.0.0.1:99999",
    "javascript:1",
    "x" * 300,
]
FILES = {
    "empty": b"", "half": b'{"api_key": ', "list": b"[1]", "binary": bytes(range(256)), "number": b'{"a": 1}',
    "deep": b"[" * 100_000, "variable": b'{"api_key": "$NO_SUCH_VARIABLE_HERE"}', "yaml": b"hed: [1, {", "nan": b"NaN",
}  # fmt: skip
UNKNOWN_OPTIONS = [
    "--no-such-option",
    "--sample=x",
    "-Z",
    "--rule",
    "--configuration",
    "--function-url",
    "---",
    "--=",
    "-",
]


def verbs(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    found = []
    for name, command in group.commands.items():
        here = (*path, name)
        found += verbs(command, here) if isinstance(command, click.Group) else [(here, command)]
    return found


def wrong_value(chance: random.Random, option: click.Parameter, folder: Path) -> str:
    """A value that an option cannot take."""
    if isinstance(option.type, click.Path):
        return chance.choice([str(folder / name) for name in (*FILES, "missing", ".")] + ["/dev/null/x"])
    if isinstance(option.type, click.Choice | click.IntRange | click.FloatRange) or option.type in (
        click.INT,
        click.FLOAT,
    ):
        return chance.choice(["", "nonsense", "-1", "1e999", "9" * 400, "0x1", "nan"])
    if "url" in (option.name or ""):
        return chance.choice(ADDRESSES)
    return chance.choice(NAMES)


def invocation(chance: random.Random, folder: Path) -> list[str]:
    """Words of which at least the last is wrong, for any verb but those that run the project's own checks."""
    path, command = chance.choice(
        [(path, verb) for path, verb in verbs(fivetran) if path[0] not in {"bootstrap", "test"}]
    )
    options = [
        parameter for parameter in command.params if isinstance(parameter, click.Option) and not parameter.is_flag
    ]
    words = list(path)
    if path[0] != "simulate":
        for option in chance.sample(options, min(len(options), chance.randrange(3))):
            words += [option.opts[0], wrong_value(chance, option, folder)]
    match chance.randrange(4):
        case 0:
            words.append(chance.choice(UNKNOWN_OPTIONS))
        case 1:
            words += [chance.choice(NAMES), chance.choice(NAMES), chance.choice(NAMES)]
        case _:
            words.append(chance.choice(NAMES[:1] + NAMES[2:]))
    return words


@pytest.fixture
def folder(tmp_path):
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize("seed", range(10))
def test_wrong_words_are_answered_in_one_line_and_never_by_a_traceback(seed, folder, capfd, monkeypatch):
    monkeypatch.chdir(folder)
    for name in ("FIVETRAN_API_KEY", "FIVETRAN_API_SECRET", "FIVETRAN_API_URL"):
        monkeypatch.delenv(name, raising=False)  # nobody's account is asked
    chance = random.Random(seed)
    for _ in range(INVOCATIONS // 10):
        words = invocation(chance, folder)
        with pytest.raises(SystemExit) as ended:
            main(words)
        out, err = capfd.readouterr()
        assert ended.value.code in (1, 2), (words, out, err)
        assert "Traceback" not in out + err, (words, err)
        assert "fivetran: unexpected " not in err, (words, err)
        lines = err.strip().splitlines()
        assert lines, (words, out)
        assert all(line.startswith("fivetran: ") for line in lines), (words, err)
        assert len(lines) == (2 if "cannot write the summary" in err else 1), (words, err)
