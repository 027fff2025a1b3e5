"""Kota Contoh: a synthetic city, and a synthetic register over any boundary layer.

Nothing here exists: the city, its names and codes, its households and their answers are drawn at random.
"""

from geo.sample.city import City, kota_contoh
from geo.sample.files import write_city, write_sample
from geo.sample.register import planted_pockets, write_register

__all__ = ["City", "kota_contoh", "planted_pockets", "write_city", "write_register", "write_sample"]
