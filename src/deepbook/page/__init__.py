"""What a page shows: claims, checks of exercises, figures that move, plots and drawings.

Nothing is imported here: each file needs Matplotlib, Pillow or ipywidgets, and `deepbook` loads it when first used.
"""
