"""A workbook's style sheet, to which entries are only ever added: none that is there changes or moves."""

from __future__ import annotations

from lxml import etree

from sheetprop.package import MAIN, SPREADSHEET_TYPE, Element, Package, local_name, namespace, office

ORDER = (
    "numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles", "colors",
    "extLst",
)  # fmt: skip
"""The children of a style sheet, as the schema orders them."""
REQUIRED = {
    "fonts": '<font xmlns="{0}"><sz val="11"/><name val="Calibri"/></font>',
    "fills": '<fill xmlns="{0}"><patternFill patternType="none"/></fill>|'
    '<fill xmlns="{0}"><patternFill patternType="gray125"/></fill>',
    "borders": '<border xmlns="{0}"><left/><right/><top/><bottom/><diagonal/></border>',
    "cellXfs": '<xf xmlns="{0}" numFmtId="0" fontId="0" fillId="0" borderId="0"/>',
}
"""What comes first in lists that a workbook does without: their first entries have a meaning of their own."""
USUAL_PART = "xl/styles.xml"
"""Where some programs look for styles, openpyxl among them, whatever the relationships say."""
EMPTY = f'<styleSheet xmlns="{MAIN}"/>'


def edit_styles(package: Package, workbook: str) -> Element:
    """The root of the styles of the workbook in a part, to be changed; made where it does without."""
    part = package.related(workbook, "styles")
    if part is None:
        root = package.read(workbook)
        part = USUAL_PART if package.is_free(USUAL_PART) else package.unused("xl/styles{}.xml")
        package.add(part, EMPTY.replace(MAIN, namespace(root)).encode(), SPREADSHEET_TYPE + "styles+xml")
        package.relate(workbook, "styles", part, office(root))
    return package.edit(part)


class StyleSheet:
    """The lists of a style sheet: fonts, fills, formats of cells, …, each entry known by its place."""

    def __init__(self, root: Element) -> None:
        """Of the root of the styles part, which is changed."""
        self._root = root
        self._namespace = namespace(root)
        self._counts: dict[str, int] = {}

    def has(self, name: str) -> bool:
        """Whether there is a list by this name."""
        return self._root.find(f"{{{self._namespace}}}{name}") is not None

    def entries(self, name: str) -> Element:
        """A list with what must come first in it, made if need be."""
        found = self._root.find(f"{{{self._namespace}}}{name}")
        if found is None:
            found = self.element(name)
            before = set(ORDER[: ORDER.index(name)])
            place = max((i for i, child in enumerate(self._root, 1) if local_name(child) in before), default=0)
            self._root.insert(place, found)
        if name not in self._counts:
            self._counts[name] = sum(isinstance(child.tag, str) for child in found)
            if not len(found) and name in REQUIRED:
                for entry in REQUIRED[name].format(self._namespace).split("|"):
                    self.append(name, etree.fromstring(entry))
        return found

    def append(self, name: str, entry: Element) -> int:
        """Add an entry to a list; returns its place."""
        entries = self.entries(name)
        entries.append(entry)
        self._counts[name] += 1
        entries.set("count", str(self._counts[name]))
        return self._counts[name] - 1

    def element(self, name: str, **attributes: str) -> Element:
        """An element of a style sheet."""
        return etree.Element(f"{{{self._namespace}}}{name}", attributes)
