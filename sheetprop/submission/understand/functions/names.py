"""Names of functions: which are Excel's, which only Google Sheets knows and what Excel has for them."""

from __future__ import annotations

from openpyxl.utils import FORMULAE

EXCELS_OWN = {
    "POW": "POWER",
    "ADD": "+",
    "MINUS": "-",
    "MULTIPLY": "*",
    "DIVIDE": "/",
    "UMINUS": "-",
}
"""What to write in Excel for functions of Google Sheets, which Excel does not know and shows as #NAME?."""
NOT_EXCELS = EXCELS_OWN.keys()
LEAVE_TEXTS_OUT = {"SUM", "AVERAGE", "PRODUCT", "SUMPRODUCT", "SUMSQ", "SUMXMY2", "SUMX2MY2", "SUMX2PY2", "MMULT", "N"}
"""Functions that count a number stored as text as nothing where it is a cell of theirs."""
SAME_CELLS = {"TRANSPOSE"}
"""Functions that hand texts on as they are."""
_NEWER = """
ACOT ACOTH AGGREGATE ANCHORARRAY ARABIC ARRAYTOTEXT BASE BYCOL BYROW CEILING.MATH CEILING.PRECISE CHISQ.DIST CHOOSECOLS
CHOOSEROWS COMBINA CONCAT CONFIDENCE.NORM CONFIDENCE.T COT COTH COVARIANCE.P COVARIANCE.S CSC CSCH DECIMAL DROP
ERF.PRECISE ERFC.PRECISE EXPAND FILTER FLOOR.MATH FLOOR.PRECISE FORECAST.LINEAR FORMULATEXT GAMMA GAUSS GROUPBY HSTACK
IFNA IFS IMCOSH IMCOT IMSINH IMTAN ISFORMULA ISO.CEILING ISOMITTED LAMBDA LET MAKEARRAY MAP MAXIFS MINIFS MODE.MULT
MODE.SNGL MUNIT NORM.DIST NORM.INV NORM.S.DIST NORM.S.INV NUMBERVALUE PDURATION PERCENTILE.EXC PERCENTILE.INC PERCENTOF
PERMUTATIONA PHI PIVOTBY QUARTILE.EXC QUARTILE.INC RANDARRAY RANK.AVG RANK.EQ REDUCE REGEXEXTRACT REGEXREPLACE REGEXTEST
RRI SCAN SEC SECH SEQUENCE SHEET SHEETS SINGLE SKEW.P SORT SORTBY STDEV.P STDEV.S SWITCH TAKE TEXTAFTER TEXTBEFORE
TEXTJOIN TEXTSPLIT TOCOL TOROW TRIMRANGE UNICHAR UNICODE UNIQUE VALUETOTEXT VAR.P VAR.S VSTACK WRAPCOLS WRAPROWS XLOOKUP
XMATCH XOR
"""
_EXCELS = {*FORMULAE, *_NEWER.split()}


def plain_name(name: str) -> str:
    """A function's name in capitals, without the marks by which files tell that it is newer than Excel 2007."""
    return name.upper().removeprefix("_XLFN.").removeprefix("_XLWS.").removeprefix("_XLUDF.")


def is_excels(name: str) -> bool:
    """Whether Excel has a function of that name (capitals)."""
    return name in _EXCELS
