"""Checkouts with a launcher in them, and ways to break their environments.

A tiny project stands for this one: its build backend needs nothing and its dependencies are wheels made here, so that
pip installs it for real with no index at hand.
"""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from fivetran_tools.environment import ROOT, Stamp

BASH = shutil.which("bash")
PYTHON = str(Path(sys.executable).resolve())

COMMAND = """
import json, os, sys
print(json.dumps({"arguments": sys.argv[1:], "prefix": sys.prefix, "pid": os.getpid(), "cwd": os.getcwd(),
    "python": {k: v for k, v in os.environ.items() if k.startswith("PYTHON")}, "input": sys.stdin.read()}), flush=True)
if sys.argv[1:2] == ["exit"]:
    sys.exit(int(sys.argv[2]))
if sys.argv[1:2] == ["wait"]:
    __import__("signal").pause()
"""

# A build backend without requirements, so that pip can install the tiny project with no index at hand.
BACKEND = """
import pathlib, tomllib, zipfile
PROJECT = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]
def build_editable(folder, config_settings=None, metadata_directory=None):
    lines = ["Metadata-Version: 2.1", "Name: tiny", "Version: 1.0"]
    for extra, needs in PROJECT["optional-dependencies"].items():
        lines += [f"Provides-Extra: {extra}", *(f"Requires-Dist: {need}; extra == '{extra}'" for need in needs)]
    files = {"tiny.pth": str(pathlib.Path("src").resolve()), "tiny-1.0.dist-info/METADATA": "\\n".join(lines),
        "tiny-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"}
    files["tiny-1.0.dist-info/RECORD"] = "".join(f"{name},,\\n" for name in files)
    name = "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
    return name
"""


@dataclass
class Checkout:
    """A folder with the launcher in it, and how to run that."""

    root: Path
    settings: dict[str, str]

    @property
    def venv(self):
        return self.root / ".venv"

    def command(self, *arguments, launcher=None):
        return [BASH, str(launcher or self.root / "fivetran"), *arguments]

    def environment(self, **changes):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "PYTHON", "FIVETRAN_"))}
        return {**kept, **self.settings, **changes}

    def run(self, *arguments, cwd="/", launcher=None, **changes):
        return subprocess.run(
            self.command(*arguments, launcher=launcher),
            cwd=cwd,
            env=self.environment(**changes),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )

    def start(self, *arguments, **changes):
        return subprocess.Popen(
            self.command(*arguments),
            cwd="/",
            env=self.environment(**changes),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def lay_out(root):
    """The files of the tiny project, in a folder that may have an environment already."""
    tools = root / "src" / "fivetran_tools"
    tools.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "fivetran", root / "fivetran")
    shutil.copy(ROOT / "src/fivetran_tools/environment.py", tools / "environment.py")
    (tools / "__init__.py").write_text("")
    (tools / "__main__.py").write_text(COMMAND)
    (root / "backend.py").write_text(BACKEND)
    (root / "requirements.lock").write_text("brick==1.0\n")
    (root / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n\n'
        '[project]\nname = "tiny"\nversion = "1.0"\n[project.optional-dependencies]\n'
        'run = ["brick"]\ntest = ["mortar"]\n'
    )


def answer(finished):
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


def make_wheel(folder, name, version):
    """A wheel of one package of two files."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": f"version = '{version}'\n",
        f"{name}/inner.py": "x = 1\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(text)}\n"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for path, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            wheel.writestr(path, text)


def tiny_checkout(folder):
    root = folder / "tiny project"
    lay_out(root)
    wheels = folder / "wheels"
    wheels.mkdir()
    for name, version in (("brick", "1.0"), ("brick", "2.0"), ("mortar", "1.0")):
        make_wheel(wheels, name, version)
    pip = {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_USER": "1",
        "PIP_TARGET": str(folder / "target"),
    }
    return Checkout(root, {**pip, "FIVETRAN_PYTHON": PYTHON})


def change(name, text="\n# changed\n"):
    def apply(root):
        with (root / name).open("a") as file:
            file.write(text)

    return apply


def remove(pattern):
    def apply(root):
        (path,) = root.glob(pattern)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()

    return apply


def dangle(root):
    python = root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3.11")


def cut_stamp(root):
    stamp = root / ".venv" / "fivetran.stamp"
    stamp.write_bytes(stamp.read_bytes()[:-9])


def unfinish(root):
    Stamp(frozenset({"run"}), str(root)).write(root / ".venv" / "fivetran.stamp")


def make_file(root):
    shutil.rmtree(root / ".venv")
    (root / ".venv").write_text("somebody's note\n")


def lose_venv(root):
    shutil.rmtree(root / ".venv")
    (root / ".venv").symlink_to(root.parent / "nowhere")


def link_venv(root):
    """A link to a folder that is no environment."""
    folder = root.parent / "a folder"
    folder.mkdir()
    (folder / "note").touch()
    shutil.rmtree(root / ".venv")
    (root / ".venv").symlink_to(folder)


def spoil_pip(root):
    shutil.rmtree(next(root.glob(".venv/lib/python3*/site-packages/pip")))


def spoil_pip_slyly(root):
    """Pip starts and fails at its work, with no word that names a cause outside."""
    (main,) = root.glob(".venv/lib/python3*/site-packages/pip/_internal/cli/main.py")
    main.write_text("def main(args=None):\n    print('pip is not itself today')\n    return 3\n")
    change("requirements.lock")(root)


def half_install(root):
    """What a kill leaves while pip unpacks a wheel: some of its files, and no record of them."""
    (site_packages,) = root.glob(".venv/lib/python3*/site-packages")
    (site_packages / "brick" / "inner.py").unlink()
    (site_packages / "brick-1.0.dist-info" / "RECORD").unlink()
    (site_packages / "~ortar").mkdir()


def half_make(root):
    shutil.rmtree(root / ".venv")
    (root / ".venv" / "bin").mkdir(parents=True)
    (root / ".venv" / "pyvenv.cfg").write_text("home = /usr/bin\n")
