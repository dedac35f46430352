"""Walks through the house for the tests in this folder."""

import importlib
import pkgutil
from collections.abc import Iterator

import actors
import deployments
import storage
from deployments.errors import DomainError

PACKAGES = (actors, deployments, storage)


def modules() -> Iterator[str]:
    for package in PACKAGES:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".versions" not in module.name and not module.name.endswith("migrations.env"):
                yield module.name


def refusals() -> list[type[DomainError]]:
    """Every refusal that the house knows."""
    for module in modules():
        if module.endswith("errors") or ".gateway" in module:
            importlib.import_module(module)

    def below(kind: type[DomainError]) -> Iterator[type[DomainError]]:
        yield kind
        for child in kind.__subclasses__():
            yield from below(child)

    return sorted(set(below(DomainError)), key=lambda kind: kind.__qualname__)
