"""Charts that say all of what they are like.

XlsxWriter's charts leave out what Excel 2007 left out, and its workbooks say that they are Excel 2007's. In a workbook
of another program the same gaps mean the opposite: smoothed lines, rounded corners, a colour for every bar, ticks
everywhere, labels with names. So what is left out is written out before a chart goes there.
"""

from __future__ import annotations

from lxml import etree

from sheetprop.package import Element, local_name

CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
AXIS = (
    "axId scaling delete axPos majorGridlines minorGridlines title numFmt majorTickMark minorTickMark tickLblPos spPr "
    "txPr crossAx crosses crossesAt auto lblAlgn lblOffset tickLblSkip tickMarkSkip noMultiLvlLbl"
)
GROUP = (
    "barDir grouping scatterStyle radarStyle varyColors ser dLbls dropLines hiLowLines upDownBars marker smooth "
    "gapWidth overlap serLines firstSliceAng holeSize axId"
)
SERIES = (
    "idx order tx spPr invertIfNegative pictureOptions marker explosion dPt dLbls trendline errBars cat val xVal yVal "
    "smooth"
)
LABELS = (
    "dLbl idx layout tx numFmt spPr txPr dLblPos showLegendKey showVal showCatName showSerName showPercent "
    "showBubbleSize separator showLeaderLines leaderLines"
)
ORDERS = {
    "chartSpace": "date1904 lang roundedCorners",
    "chart": "title autoTitleDeleted pivotFmts view3D floor sideWall backWall plotArea legend plotVisOnly dispBlanksAs "
    "showDLblsOverMax",
    "title": "tx layout overlay",
    "legend": "legendPos legendEntry layout overlay",
    **dict.fromkeys(("catAx", "valAx", "dateAx"), AXIS),
    **dict.fromkeys(("barChart", "lineChart", "scatterChart", "areaChart", "radarChart"), GROUP),
    "ser": SERIES,
    "dPt": "idx invertIfNegative",
    **dict.fromkeys(("dLbls", "dLbl"), LABELS),
    "errBars": "errDir errBarType errValType noEndCap",
    "trendline": "name spPr trendlineType order period forward backward intercept dispRSqr dispEq",
    "dTable": "showHorzBorder showVertBorder showOutline showKeys",
}
"""The first children of elements of charts, as the schema orders them: up to the last that may have to be added."""
OFF = "0"
TICKS = {"delete": OFF, "majorTickMark": "out", "minorTickMark": "none"}
COLOURS = {"varyColors": OFF}
SMOOTHED = {"smooth": OFF}
LABELLED = dict.fromkeys(
    ("showLegendKey", "showVal", "showCatName", "showSerName", "showPercent", "showBubbleSize"), OFF
)
MEANT = {
    "chartSpace": {"roundedCorners": OFF},
    "chart": {"autoTitleDeleted": OFF, "plotVisOnly": OFF, "dispBlanksAs": "gap", "showDLblsOverMax": OFF},
    "title": {"overlay": OFF},
    "legend": {"overlay": OFF},
    "catAx": TICKS | {"noMultiLvlLbl": OFF},
    **dict.fromkeys(("valAx", "dateAx"), TICKS),
    **dict.fromkeys(("barChart", "scatterChart", "areaChart", "radarChart"), COLOURS),
    "lineChart": COLOURS | SMOOTHED,
    **dict.fromkeys(("lineChart/ser", "scatterChart/ser", "stockChart/ser"), SMOOTHED),
    "barChart/ser": {"invertIfNegative": OFF},
    "barChart/ser/dPt": {"invertIfNegative": OFF},
    "dLbls": LABELLED | {"showLeaderLines": OFF},
    "dLbl": LABELLED,
    "errBars": {"noEndCap": OFF},
    "trendline": {"dispRSqr": OFF, "dispEq": OFF},
    "dTable": dict.fromkeys(("showHorzBorder", "showVertBorder", "showOutline", "showKeys"), OFF),
}
"""What it means that elements (some of them by the elements around them) leave out a child."""


def complete(chart: Element) -> None:
    """Write out what a chart leaves out, given its root."""
    for element in list(chart.iter(f"{{{CHART}}}*")):
        names = [local_name(element), *(local_name(parent) for parent in element.iterancestors())]
        paths = ("/".join(reversed(names[:depth])) for depth in (3, 2, 1))
        meant = next((MEANT[path] for path in paths if path in MEANT), {})
        present = {local_name(child) for child in element}
        # A label that is deleted is nothing else.
        for name in meant if "delete" not in present or local_name(element).endswith("Ax") else ():
            if name not in present:
                order = ORDERS[local_name(element)].split()
                before = set(order[: order.index(name)])
                place = max((i for i, child in enumerate(element, 1) if local_name(child) in before), default=0)
                element.insert(place, etree.Element(f"{{{CHART}}}{name}", val=meant[name]))
