"""How a page shows a control."""

import html

from deepbook.page._controls import Control


def control_html(name: str, control: Control) -> str:
    """The control as a page shows it, off until the script runs."""
    text = html.escape(control.named(name))
    if control.kind == "choice":
        options = "".join(
            f'<option value="{i}"{" selected" * (i == control.start)}>{html.escape(label)}</option>'
            for i, label in enumerate(control.labels)
        )
        return f"<label>{text} <select disabled>{options}</select></label>"
    if control.kind == "toggle":
        return f'<label><input type="checkbox" disabled{" checked" * control.start}> {text}</label>'
    label = html.escape(control.labels[control.start])
    range_html = (
        f'<label>{text} <input type="range" min="0" max="{len(control.values) - 1}" step="1" '
        f'value="{control.start}" aria-valuetext="{label}" disabled><output>{label}</output></label>'
    )
    return (
        range_html if control.kind == "slider" else f"<span>{range_html}{button('play', f'Play {text}', 'Play')}</span>"
    )


def button(role: str, name: str, seen: str, value: int | None = None) -> str:
    """A button that the script gives its meaning by the role; its name begins with what is seen."""
    number = "" if value is None else f' value="{value}"'
    return f'<button type="button" class="db-{role}"{number} aria-label="{name}" disabled>{seen}</button>'
