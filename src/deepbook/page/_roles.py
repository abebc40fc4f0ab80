"""What the colours and forms of the book's drawings mean."""

import dataclasses
from typing import Any

from matplotlib.colors import to_rgb

from deepbook.page.plots import BLUE, GREY, ORANGE, PURPLE, RED

INK = "#222222"


def mix(color: Any, other: Any, share: float) -> tuple[float, ...]:
    """A colour with a share of another one in it."""
    return tuple((1 - share) * a + share * b for a, b in zip(to_rgb(color), to_rgb(other), strict=True))


@dataclasses.dataclass(frozen=True)
class Role:
    """What a thing is for: its colour, and the form, width and dashes that tell it apart without colour."""

    meaning: str
    color: str
    form: str
    width: float = 1.3
    dashes: Any = "-"

    @property
    def ink(self) -> Any:
        """The colour of text: darker, for contrast."""
        return mix(self.color, "black", 0.4)

    def paint(self, share: float = 0.13) -> Any:
        """The colour of a surface: so much of the role's colour on white."""
        return mix("white", self.color, share)


ROLES = {
    "data": Role("data: inputs, activations, outputs", BLUE, "round"),
    "parameter": Role("parameters: what is learned", ORANGE, "square", 2.4),
    "operation": Role("operations: what is computed", "#555555", "pill"),
    "loss": Role("losses: what training lowers", PURPLE, "cut", 1.8),
    "gradient": Role("gradients: what flows backward", RED, "round", 1.5, (0, (3.2, 1.6))),
    "note": Role("frames: what belongs together", GREY, "round", 1.1, (0, (1, 1.6))),
    "focus": Role("where to look", INK, "square", 2.0),
}
