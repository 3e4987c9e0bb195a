//! Elementwise operations.

use std::f64::consts::PI;

use gradus_autograd::Var;
use gradus_tensor::DType;

use crate::args::Args;
use crate::value::Val;

/// An operation on one value.
macro_rules! one {
    ($($names:literal $method:ident)*) => {
        const ONE: &[crate::table::Entry] = &[$(($names, "input", |c| Val::V(c.v("input").$method()))),*];
    };
}
one! {
    "abs" abs "acos arccos" acos "acosh" acosh "asin" asin "asinh" asinh "atan" atan "atanh" atanh "ceil" ceil
    "cos" cos "cosh" cosh "digamma" digamma "erf" erf "erfc" erfc "erfinv" erfinv "exp" exp "exp2" exp2
    "expm1" expm1 "floor" floor "frac" frac "i0" i0 "i0e" i0e "i1" i1 "i1e" i1e "lgamma" lgamma "log" ln
    "log10" log10 "log1p" log1p "log2" log2 "F.logsigmoid logsigmoid" log_sigmoid "mish" mish "ndtr" normal_cdf
    "ndtri" ndtri "log_ndtr" log_normal_cdf "erfcx" erfcx "entr" entr "neg" neg_ "reciprocal" recip "relu" relu
    "relu6" relu6 "rsqrt" rsqrt "selu" selu "sigmoid" sigmoid "sign sgn" sign "silu" silu "sin" sin "sinc" sinc
    "sinh" sinh "softsign" softsign "sqrt" sqrt "square" square "tan" tan "tanh" tanh "tanhshrink" tanhshrink
    "trunc fix" trunc "hardswish" hardswish "hardsigmoid" hardsigmoid "clone positive contiguous" alias
}

trait Negated {
    fn neg_(self) -> Self;
}
impl Negated for Var<'_> {
    fn neg_(self) -> Self {
        -self
    }
}

/// Two operands, of which one may be a number.
macro_rules! two {
    ($($names:literal $method:ident)*) => {
        const TWO: &[crate::table::Entry] =
            &[$(($names, "input other", |c| Val::V(c.v("input").$method(c.v("other"))))),*];
    };
}
two! {
    "atan2 arctan2" atan2 "copysign" copysign "fmax" fmax "fmin" fmin "fmod" fmod "hypot" hypot "ldexp" ldexp
    "logaddexp" logaddexp "logaddexp2" logaddexp2 "maximum" maximum "minimum" minimum "remainder" remainder
    "xlogy" xlogy "xlog1py" xlog1py "true_divide" div "mul multiply" mul
}

pub(crate) fn tables() -> [&'static [crate::table::Entry]; 3] {
    [ONE, TWO, TABLE]
}

/// A number or a value on the tape.
fn number_or<'t>(
    c: &Args<'t>,
    name: &str,
    number: impl Fn(f64) -> Var<'t>,
    value: impl Fn(Var<'t>) -> Var<'t>,
) -> Var<'t> {
    match c.val(name) {
        Val::F(x) => number(x),
        Val::I(x) => number(x as f64),
        other => value(other.var(c.tape)),
    }
}

fn power<'t>(c: &Args<'t>, base: &str, exponent: &str) -> Var<'t> {
    if let Val::F(_) | Val::I(_) = c.val(base) {
        return c.v(exponent).number_pow(c.num(base, 0.0));
    }
    let x = c.v(base);
    number_or(c, exponent, |p| x.powf(p), |p| x.pow(p))
}

fn clamp<'t>(c: &Args<'t>) -> Var<'t> {
    let x = c.v("input");
    let number = |name: &str| match c.get(name) {
        Some(Val::F(_) | Val::I(_)) => Some(c.num(name, 0.0)),
        _ => None,
    };
    if c.get("min").into_iter().chain(c.get("max")).all(|b| matches!(b, Val::F(_) | Val::I(_))) {
        return x.clamp(number("min").unwrap_or(f64::NEG_INFINITY), number("max").unwrap_or(f64::INFINITY));
    }
    x.clamp_between(c.opt("min"), c.opt("max"))
}

fn divide<'t>(c: &Args<'t>) -> Var<'t> {
    let (a, b) = (c.v("input"), c.v("other"));
    match c.text("rounding_mode", "none").as_str() {
        "floor" => a.floor_div(b),
        "trunc" => a.trunc_div(b),
        _ => a / b,
    }
}

super::table! {
    "add __radd__" ("input other alpha") |c| c.v("input") + c.v("other") * c.num("alpha", 1.0);
    "sub subtract" ("input other alpha") |c| c.v("input") - c.v("other") * c.num("alpha", 1.0);
    "rsub __rsub__" ("input other alpha") |c| c.v("other") - c.v("input") * c.num("alpha", 1.0);
    "__rmul__" ("input other") |c| c.v("input") * c.v("other");
    "__rdiv__" ("input other") |c| c.v("other") / c.v("input");
    "div divide" ("input other rounding_mode") |c| divide(c);
    "floor_divide" ("input other") |c| c.v("input").floor_div(c.v("other"));
    "pow float_power" ("input exponent") |c| power(c, "input", "exponent");
    "__rpow__" ("input other") |c| power(c, "other", "input");
    "clamp clip" ("input min max") |c| clamp(c);
    "clamp_min" ("input min") |c| {
        let x = c.v("input");
        number_or(c, "min", |m| x.clamp_min(m), |m| x.maximum(m))
    };
    "clamp_max" ("input max") |c| {
        let x = c.v("input");
        number_or(c, "max", |m| x.clamp_max(m), |m| x.minimum(m))
    };
    "addcmul" ("input tensor1 tensor2 value") |c|
        c.v("input").add_product(c.v("tensor1"), c.v("tensor2"), c.num("value", 1.0));
    "addcdiv" ("input tensor1 tensor2 value") |c|
        c.v("input").add_quotient(c.v("tensor1"), c.v("tensor2"), c.num("value", 1.0));
    "lerp" ("input end weight") |c| c.v("input").lerp(c.v("end"), c.v("weight"));
    "deg2rad" ("input") |c| c.v("input") * (PI / 180.0);
    "rad2deg" ("input") |c| c.v("input") * (180.0 / PI);
    "logit" ("input eps") |c| match c.get("eps") {
        Some(eps) => c.v("input").logit_with(eps.number()),
        None => c.v("input").logit(),
    };
    "round" ("input decimals") |c| match c.int("decimals", 0) {
        0 => c.v("input").round(),
        d => c.v("input").round_decimals(d as i32),
    };
    "nan_to_num" ("input nan posinf neginf") |c|
        c.v("input").nan_to_num(c.num("nan", 0.0), c.num("posinf", f64::MAX), c.num("neginf", f64::MIN));
    "polygamma" ("n input") |c| match (c.val("n"), c.val("input")) {
        (n @ Val::I(_), x) | (x, n @ Val::I(_)) => match n.int() {
            0 => x.var(c.tape).digamma(),
            n => x.var(c.tape).polygamma(n as f64),
        },
        other => panic!("unsupported: polygamma of {other:?}"),
    };
    "mvlgamma" ("input p") |c| c.v("input").mvlgamma(c.size("p", 1));
    "heaviside" ("input values") |c| c.v("input").heaviside(&c.t("values"));
    "leaky_relu" ("input negative_slope inplace") |c| c.v("input").leaky_relu(c.num("negative_slope", 0.01));
    "elu" ("input alpha inplace") |c| c.v("input").elu(c.num("alpha", 1.0));
    "celu" ("input alpha inplace") |c| c.v("input").celu(c.num("alpha", 1.0));
    "gelu" ("input approximate") |c| match c.text("approximate", "none").as_str() {
        "tanh" => c.v("input").gelu_tanh(),
        _ => c.v("input").gelu(),
    };
    "hardtanh" ("input min_val max_val inplace") |c|
        c.v("input").clamp(c.num("min_val", -1.0), c.num("max_val", 1.0));
    "hardshrink" ("input lambd") |c| c.v("input").hardshrink(c.num("lambd", 0.5));
    "softshrink" ("input lambd") |c| c.v("input").softshrink(c.num("lambd", 0.5));
    "threshold" ("input threshold value") |c|
        c.v("input").threshold(c.num("threshold", 0.0), c.num("value", 0.0));
    "softplus" ("input beta threshold") |c| match (c.num("beta", 1.0), c.num("threshold", 20.0)) {
        (beta, threshold) if beta == 1.0 && threshold == 20.0 => c.v("input").softplus(),
        (beta, threshold) => c.v("input").softplus_with(beta, threshold),
    };
    "prelu" ("input weight") |c| {
        let (x, w) = (c.v("input"), c.v("weight"));
        let mut sizes = vec![1; x.rank().saturating_sub(1).max(1)];
        sizes[0] = w.elements();
        let w = if w.elements() == 1 || x.rank() < 2 { w.reshape(()) } else { w.reshape(sizes) };
        x.prelu(w)
    };
    "glu" ("input dim") |c| c.v("input").glu(c.axis("dim", -1));
    "softmax" ("input dim _stacklevel") |c| c.back(c.vec("input").softmax(c.axis("dim", -1)));
    "log_softmax" ("input dim _stacklevel") |c| c.back(c.vec("input").log_softmax(c.axis("dim", -1)));
    "softmin" ("input dim _stacklevel") |c| c.back(c.vec("input").softmin(c.axis("dim", -1)));
    "double" ("input") |c| match c.val("input") {
        Val::T(t) => Val::T(t.to(DType::F64)),
        other => other,
    };
    "long" ("input") |c| c.t("input").to(DType::I64);
    "bool" ("input") |c| c.t("input").to(DType::Bool);
    "detach" ("input") |c| c.v("input").detach();
}
