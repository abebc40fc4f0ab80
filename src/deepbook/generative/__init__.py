"""What the chapters on generation share: a density with an exact score, a net that removes noise, two distances."""

from deepbook.generative._distances import frechet_distance, mmd2
from deepbook.generative._film import FiLMNet
from deepbook.generative._mixture import GaussianMixture
