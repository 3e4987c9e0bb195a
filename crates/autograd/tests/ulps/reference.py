"""Writes reference.txt: values and slopes of the elementwise rows to a hundredth of an ulp, at numbers of f64.

    pip install mpmath sympy
    python3 reference.py > reference.txt

The formulas are those of ../slopes/reference.py, differentiated by sympy and evaluated by mpmath with ever more digits until
two results agree to 2^-75. A section is `# name c`, then a point a line: the inputs as bits, then for the value and each
slope the bits of the nearest number and what is left of it in hundredths of an ulp; `-` where it is infinite or not real.
The inputs: uniform over the row's span, uniform in the exponent over all numbers (subnormal ones too), and close to the spots
where a kernel changes its formula or a function its behaviour.
"""
import importlib.util
import math
import multiprocessing
import pathlib
import random
import struct
import sys

import mpmath as mp
import sympy as sp

at = pathlib.Path(__file__).parent.parent / "slopes" / "reference.py"
spec = importlib.util.spec_from_file_location("formulas", at)
formulas = importlib.util.module_from_spec(spec)
spec.loader.exec_module(formulas)
x, c = formulas.x, formulas.c
R = sp.Rational

UNARY = {name: f for name, f in formulas.UNARY.items() if name not in (
    "logistic_pdf", "sech_squared", "logit_slope", "gelu_tanh_slope", "asin_slope", "acosh_slope", "atanh_slope",
    "sinc_derivative", "inverse_mills", "erfcx_integral", "bessel_i", "i0e_derivative", "asinh_slope", "atan_slope")}
# The exact constants, where the other file has those of f64.
u = sp.sqrt(2 / sp.pi) * (x + R(44715, 10**6) * x**3)
lam, alpha = R("1.0507009873554804934193349852946"), R("1.6732632423543772848170429916717")
UNARY |= {
    "gelu_tanh": x * (1 - 1 / (sp.exp(2 * u) + 1)),
    "selu": formulas.sided(lam * alpha * (sp.exp(x) - 1), lam * x),
}
UNARY |= {"sinc": sp.sin(sp.pi * x) / (sp.pi * x)}
# Functions of mpmath itself: (value, slope).
DIRECT = {
    "lgamma": (lambda v: mp.re(mp.loggamma(v)), lambda v: mp.psi(0, v)),
    "digamma": (lambda v: mp.psi(0, v), lambda v: mp.psi(1, v)),
    "polygamma": (lambda v: mp.psi(1, v), lambda v: mp.psi(2, v)),
}
NUMBERS = {"powf": [2.3, -1.5, 0.5, 3.0], "number_pow": [0.7, 3.0], "celu": [1.0, 0.7], "elu": [1.0, 0.7],
           "leaky_relu": [0.01], "polygamma": [1.0], "softshrink": [0.5], "hardshrink": [0.5]}

# The span that is drawn uniformly, where it is not -8 … 8, and the spots that are looked at closely besides 0, 1 and 1/2.
SPANS = {
    "exp": (-745, 710), "exp2": (-1075, 1024), "expm1": (-40, 709), "sigmoid": (-745, 45), "log_sigmoid": (-40, 745),
    "softplus": (-745, 45), "silu": (-745, 45), "mish": (-745, 45), "gelu": (-38.5, 9), "gelu_tanh": (-22, 9), "erf": (-6.5, 6.5),
    "erfc": (-6, 27), "normal_cdf": (-38.5, 9), "normal_pdf": (-38.6, 38.6), "erfcx": (-26, 60), "log_normal_cdf": (-60, 38),
    "tanh": (-22, 22), "tanhshrink": (-22, 22), "sinh": (-710, 710), "cosh": (-710, 710), "sin": (-1e4, 1e4),
    "cos": (-1e4, 1e4), "tan": (-1e4, 1e4), "erfinv": (-1, 1), "ndtri": (0, 1), "logit": (0, 1), "asin": (-1, 1), "acos": (-1, 1),
    "atanh": (-1, 1), "acosh": (1, 20), "ln": (0, 4), "log2": (0, 4), "log10": (0, 4), "log1p": (-1, 4), "entr": (0, 4),
    "lgamma": (0, 40), "digamma": (0, 40), "polygamma": (0, 40), "i0": (-60, 60), "i1": (-60, 60), "i0e": (-60, 60),
    "i1e": (-60, 60), "elu": (-40, 2), "celu": (-40, 2), "selu": (-40, 2), "powf": (0, 8), "number_pow": (-300, 300), "log_cosh": (-30, 30),
}
SPOTS = {
    "exp": [709.78, -708.4, -745.1], "exp2": [-1022, 1023.9], "expm1": [-40, 709.7, -36.7, -0.34],
    "sigmoid": [-36.7, -708.4, -745, 36, 7.6, -7.6], "log_sigmoid": [36.7, 708.4, -36],
    "softplus": [-36.7, -708.4, -745, 20, 31, 33.3, 36], "silu": [-36.7, -708.4, -745, -1.2784645427610738, 36],
    "mish": [-36.7, -708.4, -745, -1.1924312145154245, 19, 36], "gelu": [-37.5, -38.4, -0.7517915246935645, 8.2, -1e-30],
    "gelu_tanh": [-21.6, -21, -0.7524614220710162], "erf": [0.9375, 4.1, 6.1, 5.9], "erfc": [0.46875, 26.5, -5.9, -1, 2],
    "normal_cdf": [-37.5, -38.4, 8.2], "normal_pdf": [37.6, -38.5], "erfcx": [-1, 3, -26.6, 1e8, 26], "log_normal_cdf": [-5, 5, 37, -1],
    "tanh": [0.55, 0.625, 4.16, 19.06, 9, 20], "tanhshrink": [0.1, 0.55, 19], "sinh": [710.4, 22], "cosh": [710.4, 22, 0.35],
    "sin": [math.pi, 2 * math.pi, math.pi / 2, 355, 1e5, 1e9, 1.3e5], "cos": [math.pi / 2, 3 * math.pi / 2, 1e5, 1e9],
    "tan": [math.pi / 2, math.pi, 11, 1e5], "erfinv": [0.99, 0.75, 0.999999], "ndtri": [0.25, 0.75, 0.02425, 1e-10],
    "logit": [0.25, 0.9, 0.1], "asin": [0.999, 0.7], "acos": [0.999, 0.7, -0.7], "atanh": [0.999, 0.3], "acosh": [2, 1e9, 1e10],
    "asinh": [1e9, 1e5, 1.4e-8], "log1p": [-0.5, 0.41, -0.29, 1e15], "ln": [2, 0.7071, 1.414], "log2": [2, 0.7071, 1.414],
    "log10": [10, 0.7071, 1.414], "entr": [math.exp(-1)], "lgamma": [2, 1.5, 0.7316, 1.23, 8, 3, 1.4616321449683622, 20, 1e16],
    "digamma": [1.4616321449683622, 2, 10], "polygamma": [2, 10], "i0": [8, 30, 700, 713], "i1": [8, 30, 700, 713],
    "i0e": [8, 18, 30], "i1e": [8, 18, 30], "sinc": [1, 2, 3.5, 1.4302966531242028, 100, 1e4], "log_cosh": [0.3, 19],
    "elu": [-0.35, -36.7], "celu": [-0.35, -36.7], "selu": [-0.35, -36.7], "hardsigmoid": [3], "hardswish": [3, -1.5], "softsign": [1e8],
    "atan": [2.4375, 1e8], "powf": [2, 10], "number_pow": [0.35],
}
POSITIVE = {"sqrt", "rsqrt", "ln", "log2", "log10", "logit", "entr", "ndtri", "lgamma", "digamma", "polygamma", "acosh", "powf"}
# Where the slope jumps, nothing is asked.
KINKS = {"relu": [0], "leaky_relu": [0], "elu": [0], "selu": [0], "abs": [0], "hardsigmoid": [-3, 3], "hardswish": [-3, 3], "softshrink": [-0.5, 0.5],
         "hardshrink": [-0.5, 0.5], "clamp_min": [0.699999988079071], "clamp_max": [0.699999988079071], "i0e": [0]}


def close(rng, spot):
    """Numbers around a spot, from half as much to the neighbour."""
    sign = rng.choice((-1, 1))
    return spot * (1 + sign * rng.random() * 2.0 ** -rng.choice((1, 2, 3, 5, 8, 12, 20, 30, 45, 52)))


def anywhere(rng, positive):
    exponent = rng.choice((rng.uniform(-1074, 1023.9), rng.uniform(-60, 60), rng.uniform(-1074, -1020)))
    return math.ldexp(1 + rng.random(), math.floor(exponent)) * (1 if positive else rng.choice((-1, 1)))


def inputs(name, n):
    rng = random.Random(name)
    low, high = SPANS.get(name, (-8, 8))
    spots = [1, 0.5, *SPOTS.get(name, [])]
    spots += [] if name in POSITIVE else [-s for s in spots if s > 0 and -s > low]
    v = [rng.uniform(low, high) for _ in range(n // 3)]
    v += [anywhere(rng, name in POSITIVE) for _ in range(n // 4)]
    v += [float(s) for s in spots] + [0.0]
    while len(v) < n:
        v.append(close(rng, rng.choice(spots)))
    return sorted({a for a in v if a not in KINKS.get(name, [])})


def real(f, arguments):
    """The value as a number of mpmath at the present precision; None where it is not real or not finite."""
    try:
        v = mp.mpmathify(f(*[mp.mpf(a) for a in arguments]))
        if isinstance(v, mp.mpc):
            if abs(v.imag) > abs(v.real) * mp.mpf(2) ** -90:
                return None
            v = v.real
        return None if mp.isnan(v) or mp.isinf(v) else v
    except (ZeroDivisionError, ValueError, TypeError, OverflowError, mp.libmp.NoConvergence, NotImplementedError):
        return None


def exact(f, arguments):
    """The value to 2^-75, or to 2^-1160 where it is smaller. Digits that cancel leave 0, so 0 is believed last."""
    before = None
    for bits in (200, 800, 2400, 9000):
        mp.mp.prec = bits
        now = real(f, arguments)
        if None not in (before, now) and (now != 0 or bits == 9000) and abs(now - before) <= max(abs(now) * mp.mpf(2) ** -75, mp.mpf(2) ** -1160):
            return now
        before = now
    return None


def bits(v):
    return f"{struct.unpack('<Q', struct.pack('<d', v))[0]:x}"


def written(v):
    """The nearest number's bits, and the rest in hundredths of its ulp."""
    if v is None or abs(v) >= mp.mpf(2) ** 1024 * (1 - mp.mpf(2) ** -54):
        return "- 0"
    mp.mp.prec = 200
    exponent = max(mp.frexp(v)[1] - 53, -1074) if v != 0 else -1074
    whole = int(mp.nint(mp.ldexp(v, -exponent)))
    near = math.ldexp(whole, exponent)
    return f"{bits(near)} {int(mp.nint(100 * (mp.ldexp(v, -exponent) - whole)))}"


def points(job):
    name, value, arity = job
    formula = sp.sympify(formulas.BINARY[name] if arity == 2 else UNARY[name])
    if name in DIRECT:
        forms = DIRECT[name]
    else:
        formula = formula if value is None else formula.subs(c, R(value))
        arguments = (formulas.a, formulas.b) if arity == 2 else (x,)
        forms = [sp.lambdify(arguments, f, modules=["mpmath"]) for f in (formula, *[sp.diff(formula, s) for s in arguments])]
    lines = [f"# {name} {value or 0.0!r}"]
    drawn = pairs(name) if arity == 2 else [(v,) for v in inputs(name, 90 if name in DIRECT or name in NUMBERS else 150)]
    for p in drawn:
        y = exact(forms[0], p)
        if y is not None and abs(y) < mp.mpf(2) ** 1024:
            lines.append(" ".join([*map(bits, p), written(y), *[written(exact(f, p)) for f in forms[1:]]]))
    print(name, len(lines), file=sys.stderr)
    return lines


def pairs(name):
    """Pairs of two inputs: mild, close to one another, and from all numbers."""
    rng = random.Random(name)
    span = {"xlogy": ((-8, 8), (0, 4)), "xlog1py": ((-8, 8), (-1, 4)), "pow": ((0, 4), (-20, 20)), "logaddexp": ((-50, 50), (-50, 50)),
            "logaddexp2": ((-50, 50), (-50, 50)), "surprise": ((0, 1), (0, 1))}.get(name, ((-8, 8), (-8, 8)))
    positive = [name == "pow", name in ("xlogy", "pow") and name != "pow"]
    out = [(rng.uniform(*span[0]), rng.uniform(*span[1])) for _ in range(80)]
    if name == "surprise":
        return sorted(out)
    for _ in range(40):
        out.append((anywhere(rng, positive[0]), anywhere(rng, positive[1])))
    for _ in range(30):
        b = rng.uniform(*span[1])
        out.append((abs(close(rng, b)) if positive[0] else close(rng, b), b))
    if name in ("pow", "xlogy", "xlog1py"):
        out += [(close(rng, 1.0), rng.uniform(-1e3, 1e3)) for _ in range(15)]
        out += [(rng.uniform(*span[0]), close(rng, 1.0)) for _ in range(15)]
    return sorted(p for p in out if p[0] != p[1])


def main():
    only = sys.argv[1:]
    jobs = [(name, value, 1) for name in UNARY for value in NUMBERS.get(name, [formulas.single(0.7) if UNARY[name].has(c) else None])]
    jobs += [(name, None, 2) for name in formulas.BINARY if name not in ("weigh", "maximum", "minimum") and "_" not in name]
    jobs = [j for j in jobs if not only or j[0] in only]
    for i, j in enumerate(jobs):
        if j[1] is not None:
            jobs[i] = (j[0], formulas.single(j[1]), j[2])
    with multiprocessing.Pool(2) as pool:
        for lines in pool.imap(points, jobs):
            print(*lines, sep="\n")


if __name__ == "__main__":
    main()
