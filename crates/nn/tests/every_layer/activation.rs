//! Activations.

use gradus_nn::{
    Celu, Elu, Gelu, GeluTanh, Glu, Hardshrink, Hardsigmoid, Hardswish, Hardtanh, LeakyRelu, LogSigmoid,
    LogSoftmax, Mish, PRelu, RRelu, Relu, Relu6, Selu, Sigmoid, Silu, Softmax, Softmax2d, Softmin, Softplus,
    Softshrink, Softsign, Tanh, Tanhshrink, Threshold,
};

use crate::entry::{Entry, layer};

/// Rows of activations without options.
macro_rules! plain {
    ($($Name:ident)*) => {
        vec![$(layer(stringify!($Name), &[3, 5, 3], |_| $Name)),*]
    };
}

pub(crate) fn table() -> Vec<Entry> {
    let mut all = plain![
        Relu Relu6 Tanh Sigmoid Gelu GeluTanh Silu Mish Selu LogSigmoid Softsign Tanhshrink Hardsigmoid Hardswish
    ];
    all.extend([
        layer("LeakyRelu", &[3, 5], |_| LeakyRelu { slope: 0.2 }),
        layer("Elu", &[3, 5], |_| Elu { alpha: 0.5 }),
        layer("Celu", &[3, 5], |_| Celu { alpha: -0.7 }),
        layer("Softshrink", &[3, 5], |_| Softshrink { lambda: 0.3 }),
        layer("Hardshrink", &[3, 5], |_| Hardshrink { lambda: 0.3 }),
        layer("Softplus", &[3, 5], |_| Softplus::default()),
        layer("Softplus", &[3, 5], |_| Softplus { beta: 2.0, threshold: 1.5 }),
        layer("Hardtanh", &[3, 5], |_| Hardtanh { min: -0.4, max: 0.9 }),
        layer("Threshold", &[3, 5], |_| Threshold { threshold: 0.1, value: 20.0 }),
        layer("Softmax", &[3, 5], |_| Softmax::default()),
        layer("LogSoftmax", &[3, 5, 1], |_| LogSoftmax { axis: 1 }),
        layer("Softmax2d", &[3, 5, 3, 1], |_| Softmax2d),
        layer("Softmin", &[3, 5], |_| Softmin::default()),
        layer("Glu", &[3, 6, 3], |_| Glu { axis: 1 }),
        layer("PRelu", &[3, 5, 3], |_| PRelu::new(1)),
        layer("PRelu", &[3, 5, 3], |_| PRelu::new(5)),
        layer("RRelu", &[3, 5], |_| RRelu::default()),
    ]);
    all
}
