"""One line of a terminology file."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """A code as the file has it.

    Attributes:
        also: inclusion terms and other names, for the search only.
    """

    code: str
    display: str
    leaf: bool = True
    parent: str = ""
    also: str = ""

    def text(self) -> str:
        """Five fields with tabs between them."""
        fields = (self.code, self.display, "1" if self.leaf else "0", self.parent, self.also)
        return "\t".join(" ".join(field.split()) for field in fields) + "\n"
