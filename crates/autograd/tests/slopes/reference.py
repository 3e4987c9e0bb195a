"""Writes reference.txt: values, slopes and curvatures of the elementwise rows, from formulas of 50 digits and more.

    pip install mpmath sympy
    python3 reference.py > reference.txt

A formula is differentiated by sympy and evaluated by mpmath. A point is [x, y, y', y''], or for two inputs
[a, b, y, ya, yb, yaa, yab, ybb]. At an infinite input stands the limit. nan: no limit, or not real.
Inputs are numbers of f32, so that they serve both types.
"""
import struct
import sys

import mpmath as mp
import sympy as sp

x, a, b, c = sp.symbols("x a b c", real=True)
R = sp.Rational
pi, ln2 = sp.pi, sp.log(2)
sigma = lambda t: 1 / (1 + sp.exp(-t))
Phi = lambda t: sp.erfc(-t / sp.sqrt(2)) / 2
phi = lambda t: sp.exp(-t * t / 2) / sp.sqrt(2 * pi)
gelu_root = sp.Float("0.7978845608028654", 60)
lam, lam_alpha = sp.Float("1.0507009873554805", 60), sp.Float("1.7580993408473766", 60)
u = gelu_root * (x + sp.Float("0.044715", 60) * x**3)

def sided(low, high, at=0):
    """`low` up to `at`, `high` above it."""
    return sp.Piecewise((low, x <= at), (high, True))

# The formula, the points it is drawn at, and the number the row carries.
UNARY = {
    "abs": sided(-x, x), "square": x**2, "number_over": c / x, "recip": 1 / x, "sqrt": sp.sqrt(x),
    "rsqrt": 1 / sp.sqrt(x), "powf": x**c, "number_pow": c**x, "exp": sp.exp(x), "exp2": 2**x,
    "expm1": sp.exp(x) - 1, "ln": sp.log(x), "log2": sp.log(x) / ln2, "log10": sp.log(x) / sp.log(10),
    "log1p": sp.log(1 + x), "logit": sp.log(x / (1 - x)), "sin": sp.sin(x), "cos": sp.cos(x), "tan": sp.tan(x),
    "asin": sp.asin(x), "acos": sp.acos(x), "atan": sp.atan(x), "sinh": (sp.exp(x) - sp.exp(-x)) / 2,
    "cosh": (sp.exp(x) + sp.exp(-x)) / 2, "tanh": 1 - 2 / (sp.exp(2 * x) + 1), "asinh": sp.asinh(x),
    "log_cosh": sp.log((sp.exp(x) + sp.exp(-x)) / 2),
    "acosh": sp.acosh(x), "atanh": sp.atanh(x), "clamp_min": sided(c, x, c), "clamp_max": sided(x, c, c),
    "relu": sided(0 * x, x), "leaky_relu": sided(c * x, x), "elu": sided(c * (sp.exp(x) - 1), x),
    "celu": sided(c * (sp.exp(x / c) - 1), x), "selu": sided(lam_alpha * (sp.exp(x) - 1), lam * x),
    "gelu": x * Phi(x), "gelu_tanh": x * (1 - 1 / (sp.exp(2 * u) + 1)), "silu": x * sigma(x),
    "mish": x * (1 - 2 / ((1 + sp.exp(x)) ** 2 + 1)), "softplus": sp.log(1 + sp.exp(x)),
    "sigmoid": sigma(x), "log_sigmoid": -sp.log(1 + sp.exp(-x)), "softsign": sided(x / (1 - x), x / (1 + x)),
    "tanhshrink": x - 1 + 2 / (sp.exp(2 * x) + 1),
    "hardsigmoid": sp.Piecewise((0 * x, x <= -3), ((x + 3) / 6, x < 3), (1 + 0 * x, True)),
    "hardswish": sp.Piecewise((0 * x, x <= -3), (x * (x + 3) / 6, x < 3), (x, True)),
    "softshrink": sp.Piecewise((x + c, x < -c), (0 * x, x <= c), (x - c, True)),
    "hardshrink": sp.Piecewise((x, x < -c), (0 * x, x <= c), (x, True)),
    "erf": sp.erf(x), "erfinv": sp.erfinv(x), "ndtri": sp.sqrt(2) * sp.erfinv(2 * x - 1), "erfc": sp.erfc(x), "erfcx": sp.exp(x * x) * sp.erfc(x), "normal_cdf": Phi(x),
    "normal_pdf": phi(x), "log_normal_cdf": sp.log(Phi(x)), "lgamma": sp.loggamma(x), "digamma": sp.digamma(x),
    "polygamma": sp.polygamma(1, x), "sinc": sp.Piecewise((sp.sin(pi * x) / (pi * x), sp.Ne(x, 0)), (1 + 0 * x, True)),
    "entr": -x * sp.log(x), "i0": sp.besseli(0, x), "i1": sp.besseli(1, x),
    "i0e": sided(sp.exp(x) * sp.besseli(0, x), sp.exp(-x) * sp.besseli(0, x)),
    "i1e": sided(sp.exp(x) * sp.besseli(1, x), sp.exp(-x) * sp.besseli(1, x)),
    "logistic_pdf": sigma(x) * sigma(-x), "sech_squared": 4 / (sp.exp(x) + sp.exp(-x)) ** 2,
    "logit_slope": sp.Piecewise((1 / x / (1 - x), sp.Abs(x - 0.5) < 0.5), (sp.nan, True)), "gelu_tanh_slope": sp.diff(x * (1 - 1 / (sp.exp(2 * u) + 1)), x),
    "asin_slope": 1 / sp.sqrt(1 - x * x), "acosh_slope": sp.Piecewise((1 / sp.sqrt(x - 1) / sp.sqrt(x + 1), x > 1), (sp.nan, True)), "atanh_slope": sp.Piecewise((1 / (1 - x * x), sp.Abs(x) < 1), (sp.nan, True)),
    "sinc_derivative": sp.diff(sp.sin(pi * x) / (pi * x), x), "inverse_mills": phi(x) / Phi(x),
    "erfcx_integral": 1 / sp.sqrt(pi) - x * sp.exp(x * x) * sp.erfc(x), "bessel_i": sp.besseli(2, x),
    "i0e_derivative": sided(sp.exp(x) * (sp.besseli(0, x) + sp.besseli(1, x)), sp.exp(-x) * (sp.besseli(1, x) - sp.besseli(0, x))),
    "asinh_slope": 1 / sp.sqrt(1 + x * x), "atan_slope": 1 / (1 + x * x),
}
NUMBERS = {"celu": 1, "elu": 1, "leaky_relu": 0.01, "softshrink": 0.5, "hardshrink": 0.5, "polygamma": 1,
           "sinc_derivative": 1, "erfcx_integral": 1, "bessel_i": 2, "i0e_derivative": 1}
R32 = sp.Rational(3, 2)
BINARY = {
    "add": a + b, "sub": a - b, "mul": a * b, "div": a / b, "pow": a**b, "atan2": sp.atan2(a, b),
    "hypot": sp.sqrt(a * a + b * b), "logaddexp": sp.log(sp.exp(a) + sp.exp(b)),
    "logaddexp2": sp.log(2**a + 2**b) / ln2, "xlogy": a * sp.log(b), "xlog1py": a * sp.log(1 + b),
    "weigh": a * b, "surprise": -(b * sp.log(a) + (1 - b) * sp.log(1 - a)),
    "pow_slope": b * a**(b - 1), "pow_log_slope": a**b * sp.log(a), "pow_curvature": b * (b - 1) * a**(b - 2),
    "pow_mixed": a**(b - 1) * (1 + b * sp.log(a)), "pow_log_curvature": a**b * sp.log(a)**2,
    "hypot_slope": a / sp.sqrt(a * a + b * b),
    "hypot_curvature": b**2 / (a * a + b * b)**R32, "hypot_mixed": a * b / (a * a + b * b)**R32, "atan2_slope": a / (a * a + b * b),
    "maximum": sp.Piecewise((a, a >= b), (b, True)), "minimum": sp.Piecewise((b, a >= b), (a, True)),
}

def single(v):
    return struct.unpack("f", struct.pack("f", v))[0] if abs(v) < 3e38 and (v == 0 or abs(v) > 1e-37) else v

SIZES = [1e-300, 1e-160, 1e-30, 1e-20, 1e-12, 1e-8, 1e-4, 0.01, 0.3, 0.96, 1.7, 2.6, 4.4, 7.3, 11.0, 17.0, 19.5, 20.5,
         26.0, 40.0, 85.0, 300.0, 700.0, 1e4, 1e8, 1e13, 1e19, 1e25, 1e38, 1e100, 1e160, 1e300]
GRID = [0.0] + [s * single(v) for v in SIZES for s in (1, -1)]
# Functions that mpmath evaluates slowly are drawn on fewer points.
MILD = [0.0] + [s * single(v) for v in [1e-12, 1e-8, 1e-4, 0.01, 0.3, 0.96, 1.7, 2.6, 4.4, 7.3, 11.0, 19.5, 40.0, 300.0] for s in (1, -1)]
SLOW = {"erfinv": MILD, "ndtri": MILD, "lgamma": MILD, "digamma": MILD, "polygamma": MILD,
        "i0": MILD, "i1": MILD,
        "bessel_i": MILD, "i0e": MILD + [1e4, -1e4], "i1e": MILD + [1e4, -1e4], "i0e_derivative": MILD + [1e4, -1e4]}
PAIRS = [0.0, 1e-20, 0.3, 1.7, 40.0, 2e20, 1e160]

def number(v):
    """A double, a string for an infinite one, None where there is none."""
    try:
        v = mp.mpmathify(v)
        if isinstance(v, mp.mpc):
            if abs(v.imag) > abs(v.real) * mp.mpf(10) ** -30:
                return None
            v = v.real
        if mp.isnan(v):
            return None
        if mp.isinf(v) or abs(v) > mp.mpf(2) ** 1024 * (1 - mp.mpf(2) ** -54):
            return "inf" if v > 0 else "-inf"
        return float(v)
    except (TypeError, ValueError, OverflowError):
        return None

MODULES = ["mpmath"]

def evaluate(formulas, arguments, digits):
    mp.mp.dps = digits
    out = []
    for f in formulas:
        try:
            out.append(number(f(*[mp.mpf(v) for v in arguments])))
        except (ZeroDivisionError, ValueError, TypeError, OverflowError, mp.libmp.NoConvergence, NotImplementedError):
            out.append(None)
    return out

def lower_tail(v):
    """$\\ln \\Phi(v)$ far below 0."""
    mp.mp.dps = 60
    terms, term = mp.mpf(1), mp.mpf(1)
    for k in range(1, 20):
        term *= -(2 * k - 1) / v**2
        terms += term
    return number(-v * v / 2 - mp.log(-v * mp.sqrt(2 * mp.pi)) + mp.log(terms))

def unary(name, formula):
    # A number of f32 as well: the decimal places of a double that is one.
    value = NUMBERS.get(name, 0.7 if formula.has(c) else None)
    value = None if value is None else single(float(value))
    if value is not None:
        formula = formula.subs(c, sp.Rational(value))
    forms = [sp.lambdify(x, f, modules=MODULES) for f in (formula, sp.diff(formula, x), sp.diff(formula, x, 2))]
    slow = name in SLOW
    digits = 60 if slow else 1500
    points = []
    for v in SLOW.get(name, GRID):
        points.append([v, *evaluate(forms, [v], digits)])
    if not slow and name not in ("sin", "cos", "tan", "sinc", "sinc_derivative"):
        # The limit at infinity, where the values at two far points agree.
        for sign, key in ((1, "inf"), (-1, "-inf")):
            far = [evaluate(forms, [sign * mp.mpf(10) ** p], 1500) for p in (330, 340)]
            points.append([key, *[p if p == q else None for p, q in zip(*far)]])
    # sympy writes sinc's slopes as those of both branches; their values at 0 are known.
    known = {"sinc": {0.0: [1.0, 0.0, -float(mp.pi**2 / 3)]},
             "sinc_derivative": {0.0: [0.0, -float(mp.pi**2 / 3), 0.0]},
             "i1": {0.0: [0.0, 0.5, 0.0]}, "i0": {0.0: [1.0, 0.0, 0.5]}, "bessel_i": {0.0: [0.0, 0.0, 0.25]}}
    # erfc underflows on the way: there the asymptotic series.
    if name == "log_normal_cdf":
        for p in points:
            if not isinstance(p[0], str) and p[0] < -80:
                p[1] = lower_tail(mp.mpf(p[0]))
    # Curvatures that jump at 0.
    jumps = {"celu", "softsign", "i1e"}
    for p in points:
        if p[0] == 0.0 and name in jumps:
            p[3] = None
        if p[0] in known.get(name, {}):
            p[1:] = known[name][p[0]]
    return {"c": value, "points": points}

def binary(name, formula):
    forms = (formula, *[sp.diff(formula, s) for s in (a, b)], *[sp.diff(formula, s, t) for s, t in ((a, a), (a, b), (b, b))])
    forms = [sp.lambdify((a, b), f, modules=MODULES) for f in forms]
    values = [s * single(v) for v in PAIRS for s in (1, -1)][1:]
    # Where they are real on both sides.
    low = {**{name: (0.1, None) for name in BINARY if name.startswith("pow")}, "xlogy": (None, 0.0), "xlog1py": (None, -1.0)}.get(name, (None, None))
    # `surprise` holds its logarithms near 0 and 1.
    first = [single(0.3)] if name == "surprise" else values
    points = [[p, q, *evaluate(forms, [p, q], 1000)] for p in first for q in values
              if (low[0] is None or p > low[0]) and (low[1] is None or q > low[1])]
    return {"c": None, "points": points}

def main():
    only = sys.argv[1:]
    rows = {}
    for table, make in ((UNARY, unary), (BINARY, binary)):
        for name, formula in table.items():
            if not only or name in only:
                print(name, file=sys.stderr)
                rows[name] = make(name, sp.sympify(formula))
    for name, row in rows.items():
        print("#", name, repr(row["c"] or 0.0))
        for point in row["points"]:
            print(*["nan" if v is None else v if isinstance(v, str) else repr(float(v)) for v in point])

if __name__ == "__main__":
    main()
