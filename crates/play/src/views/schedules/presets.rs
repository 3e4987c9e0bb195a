//! Comparisons of formulas from which something is seen.

use serde::Serialize;

/// A comparison.
#[derive(Debug, Clone, Serialize)]
pub struct Preset {
    /// What is seen.
    pub name: &'static str,
    /// The formulas, the first the one that the others are compared with.
    pub formulas: &'static [&'static str],
    /// The gradient at step t.
    pub gradients: &'static str,
    /// The deviation of its noise.
    pub noise: f64,
}

const fn preset(
    name: &'static str,
    formulas: &'static [&'static str],
    gradients: &'static str,
    noise: f64,
) -> Preset {
    Preset { name, formulas, gradients, noise }
}

pub(super) const PRESETS: &[Preset] = &[
    preset(
        "The five momenta at one rate",
        &[
            "momentum:form=leaky:lr=0.1",
            "momentum:form=velocity:lr=0.1",
            "momentum:form=average:lr=0.1",
            "momentum:form=physical-average:lr=0.1",
            "momentum:form=physical:lr=0.1",
        ],
        "1",
        0.0,
    ),
    preset(
        "The five momenta at a rate that drops",
        &[
            "momentum:form=leaky:schedule=step(0.1, 20)",
            "momentum:form=velocity:schedule=step(0.1, 20)",
            "momentum:form=average:schedule=step(0.1, 20)",
            "momentum:form=physical-average:schedule=step(0.1, 20)",
            "momentum:form=physical:schedule=step(0.1, 20)",
        ],
        "1",
        0.0,
    ),
    preset(
        "η outside and inside the velocity",
        &["momentum:form=leaky:schedule=step(0.1, 20)", "momentum:form=velocity:schedule=step(0.1, 20)"],
        "1",
        0.0,
    ),
    preset(
        "An average is a leaky sum at η/(1 − β)",
        &["momentum:form=leaky:lr=0.1:beta=0.5", "momentum:form=average:lr=0.2:beta=0.5"],
        "cos(t/4)",
        0.0,
    ),
    preset(
        "ε outside and inside the root of AdaGrad, small gradients",
        &["adagrad:lr=0.1:eps=1e-8", "adagrad:lr=0.1:eps=1e-8:eps-inside"],
        "0.000001",
        0.0,
    ),
    preset(
        "ε outside and inside the root of RMSProp",
        &["rmsprop:lr=0.01:eps=1e-4", "rmsprop:lr=0.01:eps=1e-4:eps-inside"],
        "0.01*cos(t)",
        0.0,
    ),
    preset(
        "L2 against decoupled decay: Adam and AdamW",
        &["adam:lr=0.05:weight-decay=0.1", "adamw:lr=0.05:weight-decay=0.1"],
        "sin(t/3)",
        0.0,
    ),
    preset(
        "L2 and decoupled decay without averages are one",
        &["sgd:lr=0.1:weight-decay=0.1", "sgd:lr=0.1:weight-decay=0.1:decoupled"],
        "sin(t/3)",
        0.0,
    ),
    preset(
        "Adam with and without bias correction",
        &["adam:lr=0.05", "adam:lr=0.05:bias-correction=false"],
        "1",
        0.0,
    ),
    preset(
        "Adam and its relatives under noise",
        &["adam:lr=0.05", "amsgrad:lr=0.05", "adabelief:lr=0.05", "nadam:lr=0.05", "yogi:lr=0.05"],
        "0.2",
        1.0,
    ),
];
