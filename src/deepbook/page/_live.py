"""The live half of `explore`: the same controls as ipywidgets, drawn by the kernel."""

import html
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets

from deepbook.page._controls import Control


def live_widget(controls: Mapping[str, Control], render: Callable[..., tuple[bytes, str, str]]) -> widgets.VBox:
    """A picture with controls that call draw for any value; an exception in draw is shown in its place."""
    inputs = {name: _input(name, control) for name, control in controls.items()}
    image = widgets.Image(layout=widgets.Layout(max_width="100%"))
    alt = widgets.HTML()

    def show(_: Any = None) -> None:
        # The front-end holds back changes while the kernel draws and then sends the last one.
        try:
            data, kind, text = render(**{name: box.value for name, box in inputs.items()})
        except Exception:
            alt.value = f"<pre>{html.escape(traceback.format_exc(limit=-2))}</pre>"
            return
        image.format, image.value, alt.value = kind, data, html.escape(text)

    for box in inputs.values():
        box.observe(show, "value")
    show()
    rows = [_with_play(inputs[name], control) for name, control in controls.items()]
    return widgets.VBox([image, *rows, alt])


def _with_play(box: Any, control: Control) -> Any:
    """The input, with a play button that moves it over the control's values."""
    if control.kind != "play":
        return box
    button = widgets.Play(min=0, max=len(control.values) - 1, value=control.start, interval=700)
    button.observe(lambda change: setattr(box, "value", control.values[change["new"]]), "value")
    return widgets.HBox([box, button])


def _input(name: str, control: Control) -> Any:
    shared = {"description": control.named(name), "style": {"description_width": "initial"}}
    start = control.values[control.start]
    if control.kind == "toggle":
        return widgets.Checkbox(value=start, indent=False, **shared)
    if control.kind == "choice":
        return widgets.Dropdown(options=list(zip(control.labels, control.values, strict=True)), value=start, **shared)
    low, high = control.values[0], control.values[-1]
    if all(isinstance(value, int) for value in control.values):
        return widgets.IntSlider(value=start, min=low, max=high, **shared)
    return widgets.FloatSlider(value=start, min=low, max=high, step=(high - low) / 200, **shared)
