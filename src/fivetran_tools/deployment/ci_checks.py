"""What CircleCI would refuse of a configuration and its public schema does not see, such as a name that nothing has.

Pure: a parsed configuration in, problems out.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

_TOP: Final = frozenset({"version", "executors", "commands", "jobs", "workflows"})
_BUILT_IN_STEPS: Final = frozenset(
    {"checkout", "restore_cache", "run", "save_cache", "store_artifacts", "store_test_results"}
)
_INVOCATION: Final = frozenset({"name", "requires", "context", "filters", "serial-group"})
"""What the invocation of a job says besides the job's own parameters."""

_CACHES: Final = frozenset({"restore_cache", "save_cache"})
_PARAMETER: Final = re.compile(r"<<\s*parameters\.([\w-]+)\s*>>")


def problems(config: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a configuration, each in one clause; nothing where it holds together."""
    return [
        *(f"unknown key '{key}'" for key in config if key not in _TOP),
        *_definitions(config),
        *_workflows(config),
    ]


def _definitions(config: Mapping[str, Any]) -> Iterator[str]:
    commands, executors = config.get("commands", {}), config.get("executors", {})
    for kind in ("commands", "jobs"):
        for name, definition in config.get(kind, {}).items():
            where, declared = f"{kind[:-1]} {name}", set(definition.get("parameters", {}))
            if kind == "jobs" and definition.get("executor") not in executors:
                yield f"{where}: executor '{definition.get('executor')}' is not defined"
            for used in sorted(set(_PARAMETER.findall(str(definition))) - declared):
                yield f"{where}: parameter '{used}' is not declared"
            for step in _steps(definition.get("steps", [])):
                yield from _step(where, step, commands)


def _steps(steps: list[Any]) -> Iterator[Any]:
    """Yield steps, and those that a condition guards."""
    for step in steps:
        if isinstance(step, dict) and "when" in step:
            yield from _steps(step["when"].get("steps", []))
        else:
            yield step


def _step(where: str, step: str | dict[str, Any], commands: Mapping[str, Any]) -> Iterator[str]:
    name, given = (step, {}) if isinstance(step, str) else next(iter(step.items()))
    if name in commands:
        yield from _arguments(f"{where}: step {name}", commands[name], set(given))
    elif name not in _BUILT_IN_STEPS:
        yield f"{where}: step '{name}' is not defined"


def _arguments(where: str, definition: Mapping[str, Any], given: set[str]) -> Iterator[str]:
    declared = definition.get("parameters", {})
    for name in sorted(given - set(declared)):
        yield f"{where}: parameter '{name}' is not declared"
    for name, parameter in declared.items():
        if "default" not in parameter and name not in given:
            yield f"{where}: parameter '{name}' is missing"


def _workflows(config: Mapping[str, Any]) -> Iterator[str]:
    jobs = config.get("jobs", {})
    for workflow in config.get("workflows", {}).values():
        invocations = [invocation(entry) for entry in workflow["jobs"]]
        names = Counter(name for name, _, _ in invocations)
        yield from (f"job {name} is there {count} times" for name, count in names.items() if count > 1)
        for name, job, given in invocations:
            if job not in jobs:
                yield f"job {name}: job '{job}' is not defined"
                continue
            yield from _arguments(f"job {name}", jobs[job], set(given) - _INVOCATION)
            if "context" in given and _uses_caches(jobs[job], given, config.get("commands", {})):
                yield f"job {name} has a context and uses a cache, which every branch can fill with what it then runs"
            yield from (
                f"job {name} requires '{needed}', which is no job"
                for needed in given.get("requires", [])
                if needed not in names
            )
        yield from _circles({name: given.get("requires", []) for name, _, given in invocations})


def _uses_caches(definition: Mapping[str, Any], given: Mapping[str, Any], commands: Mapping[str, Any]) -> bool:
    """Tell whether a job or command comes to a step that restores or saves a cache, with these parameters."""
    values = {name: given.get(name, it.get("default")) for name, it in definition.get("parameters", {}).items()}

    def value(it: object) -> object:
        reference = _PARAMETER.fullmatch(str(it))
        return values.get(reference[1]) if reference else it

    def come_to_one(steps: list[Any]) -> bool:
        return any(is_one(*((step, {}) if isinstance(step, str) else next(iter(step.items())))) for step in steps)

    def is_one(name: str, words: Mapping[str, Any]) -> bool:
        if name == "when":  # a condition that is more than a parameter may hold
            return value(words.get("condition")) is not False and come_to_one(words.get("steps", []))
        if name in commands:
            others = {other: command for other, command in commands.items() if other != name}
            return _uses_caches(commands[name], {key: value(it) for key, it in words.items()}, others)
        return name in _CACHES

    return come_to_one(definition.get("steps", []))


def invocation(entry: str | dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Return the name, the job and the words of an entry in a workflow."""
    job, given = (entry, {}) if isinstance(entry, str) else next(iter(entry.items()))
    return given.get("name", job), job, given


def _circles(requires: dict[str, list[str]]) -> Iterator[str]:
    waiting = dict(requires)
    while ready := [name for name, needed in waiting.items() if not any(one in waiting for one in needed)]:
        for name in ready:
            del waiting[name]
    if waiting:
        yield f"jobs wait for each other: {', '.join(sorted(waiting))}"
