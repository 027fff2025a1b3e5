"""Published tables as columns: JSON for scripts, Arrow for notebooks; the same columns as every other file."""

import orjson
import pyarrow as pa
import shapely

from geo.disclosure import Published, PublishedRun

JSON_MEDIA_TYPE = "application/json"
ARROW_MEDIA_TYPE = "application/vnd.apache.arrow.stream"

#: GeoArrow's name for a column of WKB, with its CRS as PROJJSON's short form of authority and code.
_GEOMETRY = {
    b"ARROW:extension:name": b"geoarrow.wkb",
    b"ARROW:extension:metadata": b'{"crs":"EPSG:4326","crs_type":"authority_code"}',
}


def columns(run: PublishedRun, published: Published) -> bytes:
    """Return a level as JSON: column → values, without geometry; figures of hidden zones are null.

    Returns
    -------
    bytes
        An object with ``run``, ``audience``, ``level``, ``zones`` (how many) and ``columns``.
    """
    table = published.table
    return orjson.dumps(
        {
            "run": run.summary.id,
            "audience": published.audience.name,
            "level": published.level,
            "zones": table.height,
            "columns": {name: table[name].to_list() for name in table.columns},
        }
    )


def arrow(run: PublishedRun, published: Published) -> bytes:
    """Return a level as an Arrow IPC stream; ``geometry`` is WKB in EPSG:4326 (GeoArrow).

    Returns
    -------
    bytes
        The columns of the table and ``geometry``; the metadata of the schema name run, audience and level.
    """
    outlines = pa.array(shapely.to_wkb(published.geometry).tolist(), pa.binary())
    field = pa.field("geometry", pa.binary(), metadata=_GEOMETRY)
    table = published.table.to_arrow().append_column(field, outlines)
    about = {"run": run.summary.id, "audience": published.audience.name, "level": published.level}
    table = table.replace_schema_metadata(about)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content
