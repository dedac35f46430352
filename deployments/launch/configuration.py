"""`serve_config.yaml`, as far as `medray up` has to understand it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import yaml

from deployments.launch.errors import LaunchError


@dataclass(frozen=True)
class ServeConfiguration:
    """The file, and where it makes Serve listen."""

    content: dict[str, Any]
    host: str
    port: int

    @classmethod
    def read(cls, file: Path) -> Self:
        """The configuration in `file`.

        Raises:
            LaunchError: there is none.
        """
        try:
            content = yaml.safe_load(file.read_text())
            http = content["http_options"]
            return cls(content, http["host"], http["port"])
        except OSError as error:
            raise LaunchError(
                f"cannot read {file} ({error.strerror}): say with --config where it is"
            ) from None
        except (yaml.YAMLError, KeyError, TypeError) as error:
            raise LaunchError(f"{file} is no Serve configuration: {error}") from None

    def without(self, application: str) -> Self:
        """The same without one application."""
        kept = [it for it in self.content["applications"] if it["name"] != application]
        return replace(self, content=self.content | {"applications": kept})

    @property
    def applications(self) -> list[str]:
        """Names of all applications."""
        return [application["name"] for application in self.content["applications"]]

    @property
    def url(self) -> str:
        """Where the API is reached on this machine."""
        return f"http://{self.host}:{self.port}"
