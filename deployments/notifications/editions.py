"""Which text is used: what an administrator published, else what is shipped, in which language.

Versions below 1000 are shipped as files, from 1000 on they are published.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deployments.notifications.codes import Channel
from deployments.notifications.workflow import Workflow
from deployments.schemas import Locale

TEMPLATES: Final = Path(__file__).parent / "templates"
FIRST_PUBLISHED: Final = 1000
FALLBACK: Final[Locale] = "en"


@dataclass(frozen=True)
class Edition:
    """One text for one workflow and channel, in one language.

    Attributes:
        title: of a published one, where its channel has titles.
        body: of a published one; None for a shipped one.
    """

    version: int
    locale: Locale
    title: str | None = None
    body: str | None = None


@dataclass(frozen=True)
class Editions:
    """The texts of today.

    Attributes:
        published: by workflow, channel and language.
    """

    published: Mapping[tuple[str, str, str], Edition]

    def choose(self, workflow: Workflow, channel: Channel, locale: Locale) -> Edition:
        """The text for a reader: rather shipped in the own language than published in another."""
        own = self.published.get((workflow.name, channel, locale))
        if own is not None:
            return own
        if is_shipped(workflow.name, workflow.version, locale):
            return Edition(workflow.version, locale)
        fallback = self.published.get((workflow.name, channel, FALLBACK))
        return fallback or Edition(workflow.version, FALLBACK)


def is_shipped(workflow: str, version: int, locale: Locale) -> bool:
    """Whether there is a file."""
    return (TEMPLATES / workflow / f"v{version}" / f"{locale}.j2").is_file()
