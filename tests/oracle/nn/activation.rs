//! Activations.

use gradus_nn::{
    Celu, Elu, Gelu, GeluTanh, Glu, Hardshrink, Hardsigmoid, Hardswish, Hardtanh, LeakyRelu, LogSigmoid,
    LogSoftmax, Mish, PRelu, RRelu, Relu, Relu6, Selu, Sigmoid, Silu, Softmax, Softmax2d, Softmin, Softplus,
    Softshrink, Softsign, Tanh, Tanhshrink, Threshold,
};

use super::{Class, module};

pub(super) const CLASSES: &[Class] = &[
    ("GELU", "approximate", |o| {
        Ok(if o.text("approximate", "none") == "tanh" { module(GeluTanh) } else { module(Gelu) })
    }),
    ("LeakyReLU", "negative_slope inplace", |o| {
        Ok(module(LeakyRelu { slope: o.number("negative_slope", 0.01) }))
    }),
    ("ELU", "alpha inplace", |o| Ok(module(Elu { alpha: o.number("alpha", 1.0) }))),
    ("CELU", "alpha inplace", |o| Ok(module(Celu { alpha: o.number("alpha", 1.0) }))),
    ("Softshrink", "lambd", |o| Ok(module(Softshrink { lambda: o.number("lambd", 0.5) }))),
    ("Softmax", "dim", |o| Ok(module(Softmax { axis: o.number("dim", -1.0) as isize }))),
    ("LogSoftmax", "dim", |o| Ok(module(LogSoftmax { axis: o.number("dim", -1.0) as isize }))),
    ("ReLU", "inplace", |_| Ok(module(Relu))),
    ("Tanh", "", |_| Ok(module(Tanh))),
    ("Sigmoid", "", |_| Ok(module(Sigmoid))),
    ("SiLU", "inplace", |_| Ok(module(Silu))),
    ("Mish", "inplace", |_| Ok(module(Mish))),
    ("ReLU6", "inplace", |_| Ok(module(Relu6))),
    ("Softmax2d", "", |_| Ok(module(Softmax2d))),
    ("Softplus", "beta threshold", |o| {
        Ok(module(Softplus { beta: o.number("beta", 1.0), threshold: o.number("threshold", 20.0) }))
    }),
    ("Hardshrink", "lambd", |o| Ok(module(Hardshrink { lambda: o.number("lambd", 0.5) }))),
    ("Hardtanh", "min_val max_val inplace", |o| {
        Ok(module(Hardtanh { min: o.number("min_val", -1.0), max: o.number("max_val", 1.0) }))
    }),
    ("Threshold", "threshold value inplace", |o| {
        Ok(module(Threshold { threshold: o.number("threshold", 0.0), value: o.number("value", 0.0) }))
    }),
    ("Softmin", "dim", |o| Ok(module(Softmin { axis: o.number("dim", -1.0) as isize }))),
    ("GLU", "dim", |o| Ok(module(Glu { axis: o.number("dim", -1.0) as isize }))),
    ("PReLU", "num_parameters init", |o| {
        Ok(module(PRelu::with_slope(o.size("num_parameters", 1), o.number("init", 0.25))))
    }),
    ("RReLU", "lower upper inplace", |o| {
        let usual = RRelu::default();
        Ok(module(RRelu { lower: o.number("lower", usual.lower), upper: o.number("upper", usual.upper) }))
    }),
    ("SELU", "inplace", |_| Ok(module(Selu))),
    ("LogSigmoid", "", |_| Ok(module(LogSigmoid))),
    ("Softsign", "", |_| Ok(module(Softsign))),
    ("Tanhshrink", "", |_| Ok(module(Tanhshrink))),
    ("Hardsigmoid", "inplace", |_| Ok(module(Hardsigmoid))),
    ("Hardswish", "inplace", |_| Ok(module(Hardswish))),
];
