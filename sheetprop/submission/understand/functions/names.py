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
VOLATILE = {
    **dict.fromkeys(("RAND", "RANDBETWEEN", "RANDARRAY"), "chance"),
    **dict.fromkeys(("NOW", "TODAY"), "the time at which it is computed"),
    **dict.fromkeys(("CELL", "INFO"), "the computer and the file in which it is computed"),
    **dict.fromkeys(("WEBSERVICE", "RTD", "STOCKHISTORY", "GOOGLEFINANCE"), "what comes over the network"),
    **dict.fromkeys(("IMPORTDATA", "IMPORTHTML", "IMPORTRANGE", "IMPORTXML"), "what comes over the network"),
}
"""Functions whose result depends on something else than cells, and on what."""
REACHING = {"INDIRECT", "GETPIVOTDATA"}
"""Functions that take cells to which the formula has no reference."""
SAME_CELLS = {"TRANSPOSE"}
"""Functions that hand texts on as they are."""
PLACES_ONLY = {"COLUMN", "COLUMNS", "INDEX", "ISFORMULA", "ISREF", "OFFSET", "ROW", "ROWS"}
"""Functions that do not need the values of the cells that they are given, or not of all."""
_NEWER = """
ACOT ACOTH AGGREGATE ANCHORARRAY ARABIC ARRAYTOTEXT BASE BETA.DIST BETA.INV BINOM.DIST BINOM.DIST.RANGE BINOM.INV BITAND
BITLSHIFT BITOR BITRSHIFT BITXOR BYCOL BYROW CALL CEILING.MATH CEILING.PRECISE CHISQ.DIST CHISQ.DIST.RT CHISQ.INV
CHISQ.INV.RT CHISQ.TEST CHOOSECOLS CHOOSEROWS COMBINA CONCAT CONFIDENCE.NORM CONFIDENCE.T COPILOT COT COTH COVARIANCE.P
COVARIANCE.S CSC CSCH DAYS DBCS DECIMAL DETECTLANGUAGE DROP ENCODEURL ERF.PRECISE ERFC.PRECISE EUROCONVERT EXPAND
EXPON.DIST F.DIST F.DIST.RT F.INV F.INV.RT F.TEST FIELDVALUE FILTER FILTERXML FLOOR.MATH FLOOR.PRECISE FORECAST.ETS
FORECAST.ETS.CONFINT FORECAST.ETS.SEASONALITY FORECAST.ETS.STAT FORECAST.LINEAR FORMULATEXT GAMMA GAMMA.DIST GAMMA.INV
GAMMALN.PRECISE GAUSS GROUPBY HSTACK HYPGEOM.DIST IFNA IFS IMAGE IMCOSH IMCOT IMCSC IMCSCH IMSEC IMSECH IMSINH IMTAN
ISFORMULA ISO.CEILING ISOMITTED ISOWEEKNUM LAMBDA LET LOGNORM.DIST LOGNORM.INV MAKEARRAY MAP MAXIFS MINIFS MODE.MULT
MODE.SNGL MUNIT NEGBINOM.DIST NORM.DIST NORM.INV NORM.S.DIST NORM.S.INV NUMBERVALUE PDURATION PERCENTILE.EXC
PERCENTILE.INC PERCENTOF PERCENTRANK.EXC PERCENTRANK.INC PERMUTATIONA PHI PIVOTBY POISSON.DIST PY QUARTILE.EXC
QUARTILE.INC RANDARRAY RANK.AVG RANK.EQ REDUCE REGEXEXTRACT REGEXREPLACE REGEXTEST REGISTER.ID RRI SCAN SEC SECH
SEQUENCE SHEET SHEETS SINGLE SKEW.P SORT SORTBY SQL.REQUEST STDEV.P STDEV.S STOCKHISTORY SWITCH T.DIST T.DIST.2T
T.DIST.RT T.INV T.INV.2T T.TEST TAKE TEXTAFTER TEXTBEFORE TEXTJOIN TEXTSPLIT TOCOL TOROW TRANSLATE TRIMRANGE UNICHAR
UNICODE UNIQUE VALUETOTEXT VAR.P VAR.S VSTACK WEBSERVICE WEIBULL.DIST WRAPCOLS WRAPROWS XLOOKUP XMATCH XOR Z.TEST
"""
_EXCELS = {*FORMULAE, *_NEWER.split()}


def plain_name(name: str) -> str:
    """A function's name in capitals, without the marks by which files tell that it is newer than Excel 2007."""
    return name.upper().removeprefix("_XLFN.").removeprefix("_XLWS.").removeprefix("_XLUDF.")


def is_excels(name: str) -> bool:
    """Whether Excel has a function of that name (capitals)."""
    return name in _EXCELS
