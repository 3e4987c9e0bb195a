//! What there is to choose: surfaces, and descents from which something is seen.

use gradus::optim::surfaces::SURFACES;
use serde::Serialize;

use crate::answer::Refusal;
use crate::views::backprop::Empty;

/// All there is to choose.
#[derive(Debug, Clone, Serialize)]
pub struct Choices {
    /// The surfaces that have names.
    pub surfaces: Vec<&'static str>,
    /// Descents.
    pub presets: &'static [Preset],
}

/// A descent from the surface's own start.
#[derive(Debug, Clone, Serialize)]
pub struct Preset {
    /// What is seen.
    pub name: &'static str,
    /// The surface.
    pub surface: &'static str,
    /// Who.
    pub optimizers: &'static [&'static str],
    /// For how long.
    pub steps: usize,
}

const PRESETS: &[Preset] = &[
    Preset {
        name: "Too large, too small, just right",
        surface: "quadratic",
        optimizers: &["sgd:lr=0.505", "sgd:lr=0.02", "sgd:lr=0.4"],
        steps: 40,
    },
    Preset {
        name: "Momentum of the notes",
        surface: "quadratic",
        optimizers: &["momentum:lr=0.6:beta=0.5", "momentum:lr=0.6:beta=0.25", "sgd:lr=0.4"],
        steps: 20,
    },
    Preset {
        name: "Rolling out of a pit",
        surface: "pit",
        optimizers: &["sgd:lr=0.1", "momentum:lr=0.1"],
        steps: 300,
    },
    Preset {
        name: "The pit along a line",
        surface: "pit-1d",
        optimizers: &["sgd:lr=0.1", "momentum:lr=0.1"],
        steps: 300,
    },
    Preset {
        name: "A ravine",
        surface: "ravine",
        optimizers: &[
            "sgd:lr=0.15",
            "momentum:lr=0.02",
            "nesterov:lr=0.02",
            "rmsprop:lr=0.05",
            "adam:lr=0.2",
            "lbfgs",
        ],
        steps: 150,
    },
    Preset {
        name: "A saddle",
        surface: "saddle",
        optimizers: &["sgd:lr=0.05", "momentum:lr=0.05", "rmsprop:lr=0.05", "adam:lr=0.05"],
        steps: 100,
    },
    Preset {
        name: "Rosenbrock's valley",
        surface: "rosenbrock",
        optimizers: &["sgd", "momentum", "adam", "lbfgs"],
        steps: 500,
    },
    Preset {
        name: "Beale's plateau",
        surface: "beale",
        optimizers: &["sgd", "momentum", "adagrad", "adam"],
        steps: 300,
    },
    Preset {
        name: "Turned axes: a rate for each coordinate is of no use",
        surface: "turned",
        optimizers: &["sgd:lr=0.4", "adagrad:lr=1", "adam:lr=0.4", "newton"],
        steps: 60,
    },
];

/// What there is to choose.
///
/// # Errors
/// Never.
pub fn choices(_: Empty) -> Result<Choices, Refusal> {
    let surfaces = SURFACES.iter().map(|surface| surface.name).chain(["pit-1d"]).collect();
    Ok(Choices { surfaces, presets: PRESETS })
}
