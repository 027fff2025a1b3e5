"""Every notebook runs from top to bottom and shows what it promises."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_kept_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert all(not cell.outputs for cell in notebook.cells if cell.cell_type == "code")


def run(name: str, folder: Path) -> list[str]:
    """Run a notebook from top to bottom; return what it shows as HTML."""
    path = next(path for path in NOTEBOOKS if path.stem == name)
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(folder)}}).execute()
    shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return [output.data.get("text/html", "") for output in shown if output.output_type == "execute_result"]


@pytest.mark.filterwarnings("default")
def test_ten_cells_from_register_to_a_printed_atlas(tmp_path: Path) -> None:
    sheet = next(page for page in run("dari_register_ke_atlas", tmp_path) if "<svg" in page)
    assert "max-width:100%" in sheet
    assert not re.search(r"(?:href|src)=\"https?:", sheet)


@pytest.mark.filterwarnings("default")
def test_the_walk_from_register_to_map(tmp_path: Path) -> None:
    pages = run("dari_register_ke_peta", tmp_path)
    assert any("rank" in page and "priority_class" in page for page in pages)
    chart = next(page for page in pages if "<iframe" in page)
    assert "Kota Contoh" in chart
    assert not re.search(r"src=&quot;(?:https?:)?//", chart)
