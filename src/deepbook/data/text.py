"""Text: a million characters of English, and how words are pronounced."""

from deepbook.data.files import load_arrays


def load_king_james() -> str:
    """The first million characters of the King James Version of the Bible, Genesis to Judges 19.

    Returns:
        A string of 1,000,000 ASCII characters, 62 different ones; a line break ends a paragraph. The apostrophe
        is straight, and the brackets which mark words added by the translators are left out.

    Example:
        >>> load_king_james()[:54]
        'In the beginning God created the heaven and the earth.'

    References:
        The Holy Bible, authorized King James Version (1611; spelling of 1769).
    """
    return load_arrays("king_james.npz")["characters"].tobytes().decode("ascii")


def load_pronunciations() -> list[tuple[str, tuple[str, ...]]]:
    """How English words of two to eight letters are spoken, in North America.

    Returns:
        Pairs of a word and its phonemes (39 different ones, without stress marks), in alphabetical order. A word
        with several pronunciations occurs several times.

    Example:
        >>> dict(load_pronunciations())["knight"]
        ('N', 'AY', 'T')

    References:
        The CMU Pronouncing Dictionary, Carnegie Mellon University.
    """
    lines = load_arrays("pronunciations.npz")["lines"].tobytes().decode("ascii").split("\n")
    return [(word, tuple(phonemes)) for word, *phonemes in map(str.split, lines)]
