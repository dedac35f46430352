"""How other services ask the laboratory, over its deployment handle."""

from deployments.calls import Remote


class LaboratoryClient:
    """Typed calls; each refusal is raised here as the `DomainError` it was there."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
