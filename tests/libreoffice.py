"""LibreOffice as a second opinion: it recalculates workbooks from their formulas and saves what it computed."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
needs_libreoffice = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed (no soffice on the PATH)")
TIMEOUT_SECONDS = 300

# OOXMLRecalcMode 0 is "always": by itself LibreOffice trusts the values that a file stores.
SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop>
</item>
</oor:items>
"""


class LibreOffice:
    """LibreOffice without a window, with a profile of its own that recalculates every file it opens."""

    def __init__(self, folder: Path) -> None:
        """Make the profile in ``folder``."""
        self._profile = folder / "profile"
        (self._profile / "user").mkdir(parents=True)
        (self._profile / "user" / "registrymodifications.xcu").write_text(SETTINGS, encoding="utf-8")

    def convert(self, paths: list[Path], extension: str, folder: Path) -> list[Path]:
        """Open, recalculate, and save in ``folder`` as another kind of file (csv: the first sheet alone)."""
        assert SOFFICE is not None
        own_profile = f"-env:UserInstallation={self._profile.resolve().as_uri()}"
        command = [SOFFICE, own_profile, "--headless", "--convert-to", extension, "--outdir", str(folder)]
        run = subprocess.run([*command, *map(str, paths)], capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
        saved = [folder / f"{path.stem}.{extension}" for path in paths]
        # It ends with 0 also where it could not read or write a file.
        missing = [path.name for path in saved if not path.is_file()]
        assert not missing, f"LibreOffice saved no {missing}: {run.stdout}{run.stderr}"
        return saved


def recalculate(path: Path, folder: Path) -> Path:
    """Have LibreOffice recalculate a workbook; returns the workbook that it saved, in the empty ``folder``."""
    return recalculate_all({"only": path}, folder)["only"]


def recalculate_all(workbooks: Mapping[str, Path], folder: Path) -> dict[str, Path]:
    """Have LibreOffice recalculate workbooks, by name, in one go; returns those that it saved, by the same names."""
    sources, results = folder / "sources", folder / "results"
    sources.mkdir(parents=True)
    copies = [Path(shutil.copy(path, sources / f"{name}.xlsx")) for name, path in workbooks.items()]
    return dict(zip(workbooks, LibreOffice(folder).convert(copies, "xlsx", results), strict=True))
