//! Activations.

use gradus_nn::{
    Celu, Elu, Gelu, GeluTanh, Hardsigmoid, Hardswish, LeakyRelu, LogSigmoid, LogSoftmax, Mish, Relu, Selu,
    Sigmoid, Silu, Softmax, Softplus, Softshrink, Softsign, Tanh, Tanhshrink,
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
    ("Softplus", "", |_| Ok(module(Softplus))),
    ("SELU", "inplace", |_| Ok(module(Selu))),
    ("LogSigmoid", "", |_| Ok(module(LogSigmoid))),
    ("Softsign", "", |_| Ok(module(Softsign))),
    ("Tanhshrink", "", |_| Ok(module(Tanhshrink))),
    ("Hardsigmoid", "inplace", |_| Ok(module(Hardsigmoid))),
    ("Hardswish", "inplace", |_| Ok(module(Hardswish))),
];
