"""What `deploy.yaml` has of its own to say about a mistake in it."""

from fivetran_local.yaml_problems import Problem, choices, named, shown


def explain(problem: Problem) -> str | None:
    """Say what is wrong where a schema's words are not enough, or would quote too much; None elsewhere."""
    if not problem.is_a_value:
        return None
    name, value = named(problem.path), problem.value
    if problem.path[-1:] == ("allow_unauthenticated",) and isinstance(value, bool):
        return f"{name} is a yes or no: write the reason in words, or remove the key to let nobody in"
    if problem.path[-1:] == ("connector",) and isinstance(value, str):
        return f"{name} is {shown(value)}: {choices(value, problem.limit)}"
    if "secrets" in problem.path[:-1]:  # never quoted: somebody may have written the secret itself
        latest = isinstance(value, str) and value.endswith(":latest")
        why = "asks for latest, which changes what runs without a deploy" if latest else "is no reference to a secret"
        return f"{name} {why}: expected {problem.expected}"
    return None
