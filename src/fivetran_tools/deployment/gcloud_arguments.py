"""The exact words for gcloud, worked out from a deployment and from nothing else.

Everything that deploy.yaml decides is said in every deploy: gcloud leaves what is not mentioned as it was, so that a
secret or a variable that was taken out of the file would stay on the function.

Source: `gcloud functions deploy --help` of Google Cloud CLI 528.0.0.
"""

import re
from pathlib import Path
from typing import Final

from fivetran_tools.deployment.deployments import Deployment

ENTRY_POINT: Final = "main"
TIMEOUT_VARIABLE: Final = "FUNCTION_TIMEOUT_SECONDS"
"""Read by the runtime, to answer before the platform ends the call."""
COMMIT_LABEL: Final = "commit"
VERSION_LABEL: Final = "version"

_LONGEST_LABEL: Final = 63
_INVOKER_FIRST_GENERATION: Final = "roles/cloudfunctions.invoker"


def deploy_arguments(deployment: Deployment, source: Path, *, commit: str, version: str) -> list[str]:
    """Return the command that deploys a staged folder; it prints the function as JSON.

    Args:
        deployment: What deploy.yaml says of the function.
        source: The staged folder, uploaded whole.
        commit: For the label by which a deploy finds the way back.
        version: For the label that people read.
    """
    second = deployment.generation == 2
    secrets = ",".join(f"{variable}={secret}" for variable, secret in sorted(deployment.secrets.items()))
    labels = {COMMIT_LABEL: label(commit), VERSION_LABEL: label(version)}
    return [
        *_on_function("deploy", deployment),
        "--gen2" if second else "--no-gen2",
        f"--runtime={deployment.runtime}",
        f"--entry-point={ENTRY_POINT}",
        f"--source={source}",
        "--trigger-http",
        # Said again in every deploy, or the next one would let calls come over plain http. The second has nothing else.
        *([] if second else ["--security-level=secure-always"]),
        # To the first generation, a MB is a MiB; to the second, Mi is one and M is a million bytes.
        f"--memory={deployment.memory_mib}{'Mi' if second else 'MB'}",
        f"--timeout={deployment.timeout_seconds}s",
        f"--max-instances={deployment.max_instances}",
        f"--ingress-settings={deployment.ingress or 'all'}",
        *([f"--service-account={deployment.service_account}"] if deployment.service_account else []),
        f"--set-secrets={secrets}" if secrets else "--clear-secrets",
        f"--set-env-vars={TIMEOUT_VARIABLE}={deployment.timeout_seconds}",
        f"--update-labels={','.join(f'{name}={value}' for name, value in labels.items())}",
        "--allow-unauthenticated" if deployment.unauthenticated_reason else "--no-allow-unauthenticated",
        "--format=json",
        "--quiet",
    ]


def describe_arguments(deployment: Deployment) -> list[str]:
    """Return the command that prints, as JSON, what runs under the deployment's name."""
    return [*_on_function("describe", deployment), "--format=json", "--quiet"]


def list_arguments(project: str) -> list[str]:
    """Return the command that prints, as JSON, every function of a project that has our labels."""
    ours = f"labels.{COMMIT_LABEL}:* AND labels.{VERSION_LABEL}:*"
    return ["gcloud", "functions", "list", f"--project={project}", f"--filter={ours}", "--format=json", "--quiet"]


def delete_arguments(deployment: Deployment) -> list[str]:
    """Return the command that deletes what runs under the deployment's name, of whichever generation; it asks first."""
    return _on_function("delete", deployment)


def invoker_arguments(deployment: Deployment, member: str) -> list[str]:
    """Return the command that lets a member, such as `serviceAccount:a@b.example`, call the function."""
    if deployment.generation == 2:  # whose calls are let in by the Cloud Run service beneath it
        words = [*_on_function("add-invoker-policy-binding", deployment), f"--member={member}"]
    else:
        words = [*_on_function("add-iam-policy-binding", deployment), f"--member={member}"]
        words.append(f"--role={_INVOKER_FIRST_GENERATION}")
    return [*words, "--format=none", "--quiet"]


def label(text: str) -> str:
    """Return a text as Google takes it for a label's value: a-z, 0-9, `-` and `_`, 63 of them at most."""
    return re.sub(r"[^a-z0-9_-]", "-", text.lower())[:_LONGEST_LABEL]


def _on_function(verb: str, deployment: Deployment) -> list[str]:
    where = [f"--project={deployment.environment.project}", f"--region={deployment.region}"]
    return ["gcloud", "functions", verb, deployment.function, *where]
