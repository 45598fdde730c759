"""What git is asked about a clone: which commit a name means, how far it is from another, and what differs."""

import shutil

import pytest

from fivetran_tools.commits import Commits
from fivetran_tools.errors import CommandError, UsageError
from tests.support.deployable_checkout import deployable_checkout


@pytest.fixture
def checkout(tmp_path):
    return deployable_checkout(tmp_path / "a folder" / "checkout")


@pytest.fixture
def commits(checkout):
    return Commits(checkout.root)


def test_a_commit_is_found_by_any_name_that_git_understands(checkout, commits):
    first = checkout.git("rev-parse", "HEAD")
    checkout.commit()
    checkout.git("tag", "a-tag", first)
    for name in (first, first[:9], "HEAD~1", "HEAD^", "a-tag", "HEAD@{1}"):
        assert commits.resolve(name) == commits.require(name) == first


@pytest.mark.parametrize("name", ["", "no-such", "-x", "--help", "HEAD; ls", "f" * 40, "../x", "HEAD:src"])
def test_what_is_no_commit_is_none_or_said(commits, name):
    assert commits.resolve(name) is None
    with pytest.raises(UsageError, match="this clone has no commit"):
        commits.require(name)


@pytest.mark.parametrize("label", ["", "HEAD", "HEAD~1", "no-commit", "f" * 40, "-modified", "--help"])
def test_a_label_names_a_commit_by_its_hash_and_no_other_way(checkout, commits, label):
    checkout.commit()
    assert commits.labelled(label) is None
    head = checkout.git("rev-parse", "HEAD")
    assert commits.labelled(head) == commits.labelled(head[:9]) == head
    assert commits.labelled(f"{head}-modified") is None


def test_commits_are_counted_from_those_that_are_in_the_history(checkout, commits):
    first = checkout.git("rev-parse", "HEAD")
    assert commits.since(first) == 0
    checkout.git("checkout", "-q", "-b", "aside")
    checkout.write("aside", "")
    aside = checkout.commit()
    checkout.git("checkout", "-q", first)
    checkout.commit()
    checkout.commit()
    assert commits.since(first) == 2
    assert commits.since(aside) is None
    assert commits.since("f" * 40) is None


def test_a_file_differs_when_it_was_changed_or_was_never_committed(checkout, commits):
    assert not commits.differs("deploy.yaml")
    checkout.write("deploy.yaml", "changed: true\n")
    assert commits.differs("deploy.yaml")
    assert not commits.differs("src")
    checkout.write("src/new.py", "")
    assert commits.differs("src")


def test_what_git_cannot_compare_is_not_taken_for_the_same(checkout, commits):
    (checkout.root / ".git/index").write_bytes(b"no index")
    with pytest.raises(CommandError, match="git cannot compare"):
        commits.differs("src")


def test_a_folder_that_is_no_clone_has_no_commits(checkout, commits):
    shutil.rmtree(checkout.root / ".git")
    assert commits.resolve("HEAD") is None


def test_a_machine_without_git_is_told(commits, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError, match=r"git cannot be run \(No such file or directory\): install it"):
        commits.resolve("HEAD")
