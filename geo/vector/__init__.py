"""Vector files as people send them: recognised by content, opened without ever following a link elsewhere."""

from geo.vector.opening import Layer, read_layer
from geo.vector.recognition import Kind

__all__ = ["Kind", "Layer", "read_layer"]
