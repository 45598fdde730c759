"""A connector may have packages of its own: in its tests as well as where it runs."""

from tests.support.connectors import imported
from tests.support.tiny_project import write


def test_two_connectors_may_have_packages_of_one_name(tmp_path):
    for name in ("one", "two"):
        write(
            tmp_path / name,
            {"main.py": "from parts import NAME\n\n\ndef late():\n    import parts\n\n    return parts.NAME\n",
             "parts/__init__.py": f"NAME = {name!r}\n"},
        )  # fmt: skip
    assert imported(tmp_path / "one").NAME == "one"
    assert imported(tmp_path / "two").NAME == "two"
