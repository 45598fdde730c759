"""How a checkout was at a commit."""

import pytest

from fivetran_tools.deployment.checkout import at_commit
from fivetran_tools.errors import UsageError
from fivetran_tools.staging import stage
from tests.support.deployable_checkout import BROKEN, TINY, deployable_checkout


@pytest.fixture
def checkout(tmp_path):
    return deployable_checkout(tmp_path / "a folder" / "checkout")


def test_the_files_of_a_commit_are_staged_as_they_were_and_the_checkout_stays(checkout):
    first = checkout.git("rev-parse", "HEAD")
    checkout.write("connectors/tiny/main.py", BROKEN)
    checkout.commit()
    with at_commit(checkout.project, first[:9]) as then:
        staged = stage(then, "tiny")
        assert (staged.folder / "main.py").read_text() == TINY
        assert staged.build == f"tiny 0.1.0 {first}"
        folder = then.root
    assert not folder.parent.exists()
    assert (checkout.root / "connectors/tiny/main.py").read_text() == BROKEN
    assert checkout.git("worktree", "list").count("\n") == 0
    assert checkout.git("status", "--porcelain") == ""


def test_nothing_stays_behind_when_the_work_at_a_commit_fails(checkout):
    folders = []

    def work():
        with at_commit(checkout.project, "HEAD") as then:
            folders.append(then.root)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert not folders[0].parent.exists()
    assert checkout.git("worktree", "list").count("\n") == 0


def test_hooks_of_the_repository_are_not_run(checkout):
    hook = checkout.root / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch '{checkout.root}/ran'\n")
    hook.chmod(0o755)
    with at_commit(checkout.project, "HEAD"):
        pass
    assert not (checkout.root / "ran").exists()


@pytest.mark.parametrize("commit", ["", "no-such", "-x", "--help", "HEAD; ls", "f" * 40, "../x", "HEAD:src"])
def test_what_is_no_commit_is_told(checkout, commit):
    with pytest.raises(UsageError, match="this clone has no commit"), at_commit(checkout.project, commit):
        pass
