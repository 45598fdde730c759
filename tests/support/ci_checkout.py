"""A git checkout of this project with its CircleCI configuration, and CircleCI's public schema to judge that by."""

import json
import shutil
from pathlib import Path
from typing import Any

import check_jsonschema
import yaml
from jsonschema import Draft7Validator

from tests.support.deployable_checkout import DEPLOY_FILE, DeployableCheckout, deployable_checkout

ROOT = Path(__file__).parents[2]
_SCHEMA = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor" / "circle-ci.json"


def ci_checkout(root: Path, deploy_file: str = DEPLOY_FILE) -> DeployableCheckout:
    """Make one, everything committed, with the connectors hed and tiny, and no .circleci/config.yml yet."""
    checkout = deployable_checkout(root, deploy_file)
    shutil.copytree(ROOT / ".circleci", root / ".circleci")
    (root / ".circleci" / "config.yml").unlink()
    shutil.copytree(
        ROOT / "simulators" / "hed_api",
        root / "simulators" / "hed_api",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copy(ROOT / "requirements.lock", root)
    checkout.commit()
    return checkout


def circleci_schema() -> Draft7Validator:
    """Return the validator of the schema that check-jsonschema ships."""
    return Draft7Validator(json.loads(_SCHEMA.read_text(encoding="utf-8")))


def jobs_of(text: str) -> dict[str, dict[str, Any]]:
    """Return the jobs of a configuration's one workflow by name; a name that is there twice is an error."""
    (workflow,) = yaml.load(text, yaml.CSafeLoader)["workflows"].values()
    pairs = [(entry, {}) if isinstance(entry, str) else next(iter(entry.items())) for entry in workflow["jobs"]]
    jobs = {given.get("name", job): {"runs": job, **given} for job, given in pairs}
    assert len(jobs) == len(pairs)
    return jobs
