//! What is done to gradients before a rule sees them, in this order: accumulation, sign, the search for
//! infinities and NaN, centralisation, clipping by value, adaptive clipping, clipping by norm.

use std::borrow::Cow;

use gradus_autograd::{Gradients, Param};
use gradus_tensor::Tensor;

use crate::optimizer::Optimizer;
use crate::{clip, pass};

/// The settings.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Preparation {
    pub(crate) accumulate: u64,
    pub(crate) maximize: bool,
    pub(crate) skip_nonfinite: bool,
    pub(crate) centralize: bool,
    pub(crate) value: Option<f64>,
    pub(crate) adaptive: Option<(f64, f64)>,
    pub(crate) norm: Option<f64>,
    pub(crate) missing_as_zero: bool,
}

impl Default for Preparation {
    fn default() -> Self {
        Self {
            accumulate: 1,
            maximize: false,
            skip_nonfinite: false,
            centralize: false,
            value: None,
            adaptive: None,
            norm: None,
            missing_as_zero: false,
        }
    }
}

impl Preparation {
    /// -1 for an ascent.
    pub(crate) fn sign(&self) -> f64 {
        if self.maximize { -1.0 } else { 1.0 }
    }

    /// Whether single gradients are changed or gathered: what a method that evaluates the loss itself has no use for.
    pub(crate) fn edits(&self) -> bool {
        self.accumulate > 1 || self.norm.is_some() || self.reshapes()
    }

    /// Whether gradients are changed one by one, beyond a common factor.
    fn reshapes(&self) -> bool {
        self.centralize || self.value.is_some() || self.adaptive.is_some()
    }

    /// Whether the gradients have to be looked at before the step.
    pub(crate) fn is_needed(&self) -> bool {
        self.reshapes() || self.norm.is_some() || self.skip_nonfinite
    }

    /// The gradients of `trained` as they go on, and the factor that all of them are still to be multiplied
    /// by; `None` if the step is to be skipped.
    pub(crate) fn prepare<'g>(
        &self,
        trained: &[&Param],
        grads: &'g Gradients,
        mut factor: f64,
    ) -> Option<(Prepared<'g>, f64)> {
        let all = || trained.iter().filter_map(|param| Some((*param, grads.get(param)?)));
        if self.skip_nonfinite && !all().all(|(_, g)| pass::is_finite(g)) {
            return None;
        }
        let mut prepared = Prepared::Borrowed(grads);
        if self.reshapes() {
            let mut changed = Gradients::default();
            for (param, g) in all() {
                changed.set(param.id(), self.reshape(param.value(), &scaled(g, factor)));
            }
            factor = 1.0;
            prepared = Prepared::Owned(Box::new(changed));
        }
        if let Some(limit) = self.norm {
            let norm = prepared.get().norm_of(trained.iter().copied()) * factor.abs();
            factor *= clip::factor(limit, norm);
        }
        Some((prepared, factor))
    }

    fn reshape(&self, theta: &Tensor, g: &Tensor) -> Tensor {
        let mut g = g.clone();
        if self.centralize {
            g = centralized(&g);
        }
        if let Some(limit) = self.value {
            g = clip::by_value(&g, limit);
        }
        if let Some((clip, eps)) = self.adaptive {
            g = clipped_by_rows(theta, &g, clip, eps);
        }
        g
    }
}

/// How gradients are prepared.
impl Optimizer {
    /// Scales all gradients together so that their norm is at most this:
    /// `$g \leftarrow g \min(1, c/(\lVert g\rVert + 10^{-6}))$`.
    ///
    /// # Source
    /// Pascanu et al. 2013; `torch.nn.utils.clip_grad_norm_`.
    ///
    /// # Panics
    /// If `norm` is below 0 or NaN.
    #[track_caller]
    pub fn clip_norm(mut self, norm: f64) -> Self {
        clip::check("clip_norm", "the largest norm", norm);
        self.preparation.norm = Some(norm);
        self
    }

    /// Limits every element of a gradient to `$[-c, c]$`.
    ///
    /// # Panics
    /// If `limit` is below 0 or NaN.
    #[track_caller]
    pub fn clip_value(mut self, limit: f64) -> Self {
        clip::check("clip_value", "the limit", limit);
        self.preparation.value = Some(limit);
        self
    }

    /// Adaptive clipping: a row's gradient is at most `clip` times as long as the row itself, or as `eps`.
    ///
    /// # Source
    /// Brock et al. 2021, *High-performance large-scale image recognition without normalization*, eq. 3.
    ///
    /// # Panics
    /// If `clip` or `eps` is below 0 or NaN.
    #[track_caller]
    pub fn clip_adaptive(mut self, clip: f64, eps: f64) -> Self {
        clip::check("clip_adaptive", "clip", clip);
        clip::check("clip_adaptive", "eps", eps);
        self.preparation.adaptive = Some((clip, eps));
        self
    }

    /// Takes the mean off the gradient of each output: over all axes but the first, for parameters of two
    /// axes and more.
    ///
    /// # Source
    /// Yong et al. 2020, *Gradient centralization*.
    pub fn centralize(mut self) -> Self {
        self.preparation.centralize = true;
        self
    }

    /// Takes a step at every `n`-th call only, with the mean of the gradients since the one before.
    ///
    /// # Panics
    /// If `n` is 0.
    #[track_caller]
    pub fn accumulate(mut self, n: u64) -> Self {
        assert!(n > 0, "accumulate: a step after 0 gradients; at least one is needed");
        self.preparation.accumulate = n;
        self
    }

    /// Takes a trainable parameter without gradient as one with gradient 0, so that it decays and moves by its momentum.
    /// PyTorch's `zero_grad(set_to_none=False)`.
    #[doc(alias = "set_to_none")]
    pub fn missing_as_zero(mut self) -> Self {
        self.preparation.missing_as_zero = true;
        self
    }

    /// Makes no step when a gradient is infinite or NaN; [`Self::skipped`] counts them.
    pub fn skip_nonfinite(mut self) -> Self {
        self.preparation.skip_nonfinite = true;
        self
    }
}

/// Gradients, borrowed or changed.
pub(crate) enum Prepared<'g> {
    Borrowed(&'g Gradients),
    Owned(Box<Gradients>),
}

impl Prepared<'_> {
    pub(crate) fn get(&self) -> &Gradients {
        match self {
            Self::Borrowed(grads) => grads,
            Self::Owned(grads) => grads,
        }
    }
}

/// `factor · g`, itself for a factor of 1.
pub(crate) fn scaled(g: &Tensor, factor: f64) -> Cow<'_, Tensor> {
    if factor == 1.0 { Cow::Borrowed(g) } else { Cow::Owned(g * factor) }
}

/// The gradient without its mean over all axes but the first.
fn centralized(g: &Tensor) -> Tensor {
    if g.rank() < 2 {
        return g.clone();
    }
    let axes: Vec<isize> = (1..g.rank() as isize).collect();
    g - &g.mean_keep(&axes[..])
}

/// The norm of each row (the whole, for vectors and scalars), with axes kept.
fn row_norms(x: &Tensor) -> Tensor {
    let axes: Vec<isize> =
        if x.rank() < 2 { (0..x.rank() as isize).collect() } else { (1..x.rank() as isize).collect() };
    x.square().sum_keep(&axes[..]).sqrt()
}

/// Rows of the gradient at most `clip` times as long as the parameter's.
fn clipped_by_rows(theta: &Tensor, g: &Tensor, clip: f64, eps: f64) -> Tensor {
    let limit = row_norms(theta).maximum(&Tensor::full_of((), eps, theta.dtype())) * clip;
    let norms = row_norms(g).maximum(&Tensor::full_of((), 1e-6, g.dtype()));
    g * (limit / norms).minimum(&Tensor::full_of((), 1.0, g.dtype()))
}

impl Preparation {
    /// One line for each thing that is done.
    pub(crate) fn describe(&self) -> String {
        let mut lines = Vec::new();
        if self.accumulate > 1 {
            lines.push(format!("a step after every {} gradients, with their mean", self.accumulate));
        }
        if self.maximize {
            lines.push("ascent".to_string());
        }
        if self.skip_nonfinite {
            lines.push("no step with infinite or NaN gradients".to_string());
        }
        if self.missing_as_zero {
            lines.push("a missing gradient is 0".to_string());
        }
        if self.centralize {
            lines.push("gradients centralised".to_string());
        }
        if let Some(limit) = self.value {
            lines.push(format!("elements of gradients limited to {limit}"));
        }
        if let Some((clip, eps)) = self.adaptive {
            lines.push(format!("rows of gradients limited to {clip} of the parameter's (at least {eps})"));
        }
        if let Some(norm) = self.norm {
            lines.push(format!("the norm of all gradients limited to {norm}"));
        }
        lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }
}
