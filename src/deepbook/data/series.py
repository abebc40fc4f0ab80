"""Series in time: sunspots by the year and carbon dioxide by the week."""

import numpy as np
from jaxtyping import Float32, Int

from deepbook.data.files import load_arrays


def load_sunspots() -> tuple[Int[np.ndarray, "years"], Float32[np.ndarray, "years"]]:
    """The mean sunspot number of each year from 1700 to 2008.

    Returns:
        Years, shape `[309]`, and sunspot numbers, shape `[309]`.

    Example:
        >>> years, numbers = load_sunspots()
        >>> int(years[numbers.argmax()])
        1957

    References:
        National Geophysical Data Center, from statsmodels.
    """
    arrays = load_arrays("sunspots.npz")
    return arrays["years"].astype(int), arrays["numbers"]


def load_co2() -> tuple[np.ndarray, Float32[np.ndarray, "weeks"]]:
    """Carbon dioxide in the air at Mauna Loa, Hawaii, weekly from March 1958 to December 2001.

    Returns:
        Dates (`datetime64[D]`), shape `[2284]`, and parts per million by volume, shape `[2284]`, NaN in the 59
        weeks without a value.

    Example:
        >>> dates, ppm = load_co2()
        >>> str(dates[0]), float(ppm[0].round(1)), str(dates[-1])
        ('1958-03-29', 316.1000061035156, '2001-12-29')

    References:
        Keeling and Whorf, "Atmospheric CO2 concentrations derived from flask air samples at sites in the SIO
        network" (2004), from statsmodels.
    """
    arrays = load_arrays("co2.npz")
    return arrays["days"].astype("datetime64[D]"), arrays["ppm"]
