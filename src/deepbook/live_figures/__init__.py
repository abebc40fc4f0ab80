"""Figures that learn in the page: functions of JAX, compiled to JavaScript.

Nothing is imported here, so that `import deepbook` stays fast; `deepbook.live` loads `_figure` when first used.
"""
