//! Activations.

use gradus_nn::{
    Celu, Elu, Gelu, GeluTanh, Glu, Hardshrink, Hardsigmoid, Hardswish, Hardtanh, LeakyRelu, LogSigmoid,
    LogSoftmax, Mish, Module, PRelu, RRelu, Relu, Relu6, Selu, Sigmoid, Silu, Softmax, Softmax2d, Softmin,
    Softplus, Softshrink, Softsign, Tanh, Tanhshrink, Threshold,
};

use super::{Class, module, with};

/// Along an axis; without one along that which PyTorch takes then.
macro_rules! along {
    ($Name:ident) => {
        |o| {
            let given = o.get("dim").map(|_| o.number("dim", 0.0) as isize);
            Ok(with($Name::default(), move |_, call| {
                let x = call.input(0)?;
                let usual = if [0, 1, 3].contains(&x.rank()) { 0 } else { 1 };
                Ok(vec![$Name { axis: given.unwrap_or(usual) }.forward(x)])
            }))
        }
    };
}

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
    ("Softmax", "dim", along!(Softmax)),
    ("LogSoftmax", "dim", along!(LogSoftmax)),
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
    ("Softmin", "dim", along!(Softmin)),
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
