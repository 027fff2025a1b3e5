"""OGC API – Features and Tiles: collections, questions and documents; the routes stand in `api.routes.ogc`."""
