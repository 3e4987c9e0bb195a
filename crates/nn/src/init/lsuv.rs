//! Weights scaled by what a batch makes of them.

use gradus_autograd::{Mode, Params, Tape, Var, first_uses, on_tape};

use super::{Gain, orthogonal_of};

/// How [`lsuv()`] scales.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lsuv {
    /// How far a variance may be from 1.
    pub tolerance: f64,
    /// How often one weight is scaled at most.
    pub iterations: usize,
    /// Whether the weights begin orthonormal, as in the paper; else as they are.
    pub orthonormal: bool,
}

impl Default for Lsuv {
    fn default() -> Self {
        Self { tolerance: 0.1, iterations: 10, orthonormal: true }
    }
}

/// Layer-sequential unit variance: weights become orthonormal and then, from the first layer to the last, are divided by the
/// standard deviation of the signal behind them, for a batch that the closure feeds to the model, until its variance is
/// 1. Weights are the trainable parameters of two axes and more; the signal behind one is the first value that is
/// computed with it, in the order in which the model uses them. Returns their names and the variances reached.
///
/// ```
/// use gradus_nn::init::{Lsuv, lsuv};
/// use gradus_nn::{Linear, Module, Tanh, sequential};
/// use gradus_tensor::{Tensor, rng};
///
/// let mut rng = rng(0);
/// let mut model = sequential![Linear::new(20, 50, &mut rng), Tanh, Linear::new(50, 10, &mut rng)];
/// let batch = Tensor::randn([64, 20], &mut rng);
/// let reached = lsuv(&mut model, |model, tape| model.forward(tape.constant(&batch)), &Lsuv::default(), &mut rng);
/// assert_eq!(reached[1].0, "2.weight");
/// assert!((reached[1].1 - 1.0).abs() < 0.1);
/// assert!((model.predict(&batch).var(0).item() - 1.0).abs() < 0.1);
/// ```
///
/// # Source
/// Mishkin and Matas, "All you need is a good init", 2015, algorithm 1.
///
/// # Panics
/// If a signal has no variance, or none that is finite.
#[track_caller]
pub fn lsuv<M: Params + ?Sized>(
    model: &mut M,
    f: impl for<'t> Fn(&M, &'t Tape) -> Var<'t>,
    how: &Lsuv,
    rng: &mut impl rand::Rng,
) -> Vec<(String, f64)> {
    let variances = |model: &M| {
        on_tape(Mode::Record, |tape| {
            f(model, tape);
            let uses = first_uses(tape, model).into_iter();
            uses.map(|(id, signal)| (id, signal.value().to(gradus_tensor::DType::F64).var(0).item()))
                .collect()
        })
    };
    let names = model.params().into_iter().filter(|(_, param)| param.shape().len() >= 2);
    let names: Vec<_> = names.map(|(name, param)| (param.id(), name)).collect();
    let order: Vec<_> = variances(model);
    let weights = order.into_iter().filter_map(|(id, _): (_, f64)| names.iter().find(|(of, _)| *of == id));
    let weights: Vec<_> = weights.collect();
    if how.orthonormal {
        for (_, name) in &weights {
            change(model, name, |w| {
                orthogonal_of(*w.shape(), Gain::Linear, gradus_tensor::DType::F64, rng).to(w.dtype())
            });
        }
    }
    let mut reached = Vec::new();
    for (id, name) in weights {
        let now = |model: &M| {
            let all: Vec<_> = variances(model);
            all.into_iter().find(|(of, _)| of == id).map_or(f64::NAN, |(_, variance): (_, f64)| variance)
        };
        let mut variance = now(model);
        for _ in 0..how.iterations {
            assert!(
                variance > 0.0 && variance.is_finite(),
                "lsuv: the signal behind {name} has variance {variance}; a batch of several different samples gives it one"
            );
            if (variance - 1.0).abs() < how.tolerance {
                break;
            }
            change(model, name, |w| w / variance.sqrt());
            variance = now(model);
        }
        reached.push((name.clone(), variance));
    }
    reached
}

/// Replaces the value of a parameter.
fn change<M: Params + ?Sized>(
    model: &mut M,
    name: &str,
    mut f: impl FnMut(&gradus_tensor::Tensor) -> gradus_tensor::Tensor,
) {
    model.visit_mut("", &mut |found, param| {
        if found == name {
            let value = f(param.value());
            param.set(value);
        }
    });
}
