//! Spectral normalisation: a weight divided by its largest singular value.

use gradus_autograd::{Param, Params, Var, join};
use gradus_tensor::Tensor;

use super::parametrized::{find, others, others_mut, rows};
use crate::input::at_least_zero;
use crate::module::Module;

/// A layer whose weight is `$w/\sigma(w)$` with the largest singular value of w as a matrix, estimated by power iteration:
/// `$v \leftarrow W^\top u/\lVert W^\top u \rVert$`, `$u \leftarrow W v/\lVert W v \rVert$`, `$\sigma = u^\top W v$`. On a training
/// tape the iteration goes on with each forward pass; the new u and v leave with the gradients. On other tapes they stay.
///
/// The names are those of PyTorch's `parametrizations.spectral_norm`: the other parameters of the layer as they were,
/// `parametrizations.weight.original` for w, `parametrizations.weight.0._u` and `._v` for the buffers.
///
/// ```
/// use gradus_nn::{Linear, SpectralNorm};
/// use gradus_tensor::rng;
/// let layer = SpectralNorm::new(Linear::new(3, 2, &mut rng(0)), &mut rng(1));
/// let weight = layer.weight(); // its largest singular value is 1, and so is that of w wᵀ
/// let squares = weight.matmul(&weight.t());
/// assert!(squares.matmul(&squares).norm().item() < 2f64.sqrt());
/// ```
///
/// # Source
/// Miyato et al., "Spectral Normalization for Generative Adversarial Networks", 2018; PyTorch's
/// `nn.utils.parametrizations.spectral_norm`.
///
/// # Differs
/// A weight with one axis has u and v here, too; PyTorch divides it by its norm, the same number, and keeps no buffers.
#[derive(Debug, Clone)]
pub struct SpectralNorm<M> {
    /// The layer. Its own weight is not used.
    pub layer: M,
    /// The name of the weight.
    name: String,
    /// The axis of its rows.
    axis: usize,
    /// The weight w.
    pub original: Param,
    /// The left singular vector, of the size of the axis.
    pub u: Param,
    /// The right singular vector.
    pub v: Param,
    /// How often the vectors are bettered in each forward pass of training.
    pub iterations: usize,
    /// The smallest norm that is divided by.
    pub eps: f64,
}

impl<M: Params> SpectralNorm<M> {
    /// Of the parameter `weight` of a layer, with its first axis as rows; one iteration in each pass,
    /// `$\varepsilon = 10^{-12}$`. The vectors are random at first and bettered 15 times.
    ///
    /// # Panics
    /// If the layer has no such parameter.
    #[track_caller]
    pub fn new(layer: M, rng: &mut impl rand::Rng) -> Self {
        Self::of(layer, "weight", 0, rng)
    }

    /// Of a parameter by name, with an axis as rows (of a transposed convolution, 1).
    ///
    /// # Panics
    /// If the layer has no such parameter, or that no such axis.
    #[track_caller]
    pub fn of(layer: M, name: &str, axis: usize, rng: &mut impl rand::Rng) -> Self {
        let weight = find("spectral_norm", &layer, name).value().clone();
        let rank = weight.rank();
        assert!(axis < rank, "spectral_norm: axis {axis} of {name}, which has {rank} axes");
        let matrix = rows(&weight, axis);
        let mut draw = |n| Tensor::randn_of([n], weight.dtype(), &mut *rng);
        let (u, v) = (draw(matrix.shape()[0]), draw(matrix.shape()[1]));
        let (eps, iterations) = (1e-12, 1);
        let (u, v) = bettered(&matrix, unit(&u, eps), unit(&v, eps), 15, eps);
        let (original, u, v) = (Param::new(weight), Param::buffer(u), Param::buffer(v));
        Self { layer, name: name.to_string(), axis, original, u, v, iterations, eps }
    }

    /// The weight that the layer computes with outside of training.
    pub fn weight(&self) -> Tensor {
        let tape = gradus_autograd::Tape::inference();
        self.normed(tape.constant(self.original.value()), self.u.value(), self.v.value()).value()
    }

    fn normed<'t>(&self, weight: Var<'t>, u: &Tensor, v: &Tensor) -> Var<'t> {
        let n = weight.shape()[self.axis];
        let rest = weight.elements() / n.max(1);
        let matrix = weight.move_axis(self.axis as isize, 0).reshape([n, rest]);
        let dtype = weight.dtype();
        let sigma = (matrix.matmul(v.to(dtype).reshape([rest, 1])).reshape([n]) * &u.to(dtype)).sum();
        weight / sigma
    }
}

fn unit(x: &Tensor, eps: f64) -> Tensor {
    x / &x.norm().clamp(eps, f64::INFINITY)
}

/// The vectors after some steps of the power iteration.
fn bettered(matrix: &Tensor, mut u: Tensor, mut v: Tensor, steps: usize, eps: f64) -> (Tensor, Tensor) {
    let (n, rest) = (matrix.shape()[0], matrix.shape()[1]);
    for _ in 0..steps {
        u = unit(&matrix.matmul(&v.reshape([rest, 1])).reshape([n]), eps);
        v = unit(&matrix.t().matmul(&u.reshape([n, 1])).reshape([rest]), eps);
    }
    (u, v)
}

impl<M: Params> Params for SpectralNorm<M> {
    fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a Param)) {
        others(&self.layer, &self.name, prefix, f);
        let inside = join(&join(prefix, "parametrizations"), &self.name);
        f(&join(&inside, "original"), &self.original);
        f(&join(&inside, "0._u"), &self.u);
        f(&join(&inside, "0._v"), &self.v);
    }
    fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut Param)) {
        others_mut(&mut self.layer, &self.name, prefix, f);
        let inside = join(&join(prefix, "parametrizations"), &self.name);
        f(&join(&inside, "original"), &mut self.original);
        f(&join(&inside, "0._u"), &mut self.u);
        f(&join(&inside, "0._v"), &mut self.v);
    }
}

impl<M: Module + Clone> Module for SpectralNorm<M> {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let tape = x.tape();
        let eps = at_least_zero("spectral_norm", "eps", self.eps);
        let (mut u, mut v) = (self.u.value().clone(), self.v.value().clone());
        if self.iterations > 0 && tape.is_training_for("SpectralNorm") {
            let matrix = rows(self.original.value(), self.axis);
            (u, v) = bettered(&matrix, u, v, self.iterations, eps);
            tape.update(&self.u, u.clone());
            tape.update(&self.v, v.clone());
        }
        let weight = self.normed(tape.param(&self.original), &u, &v);
        let _substituted = tape.substitute(find("spectral_norm", &self.layer, &self.name), weight);
        self.layer.forward(x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ConvOptions, ConvTranspose1d, Linear};
    use gradus_autograd::Tape;
    use gradus_tensor::{DType, rng};

    #[test]
    fn a_diagonal_by_hand() {
        let weight = Param::new(Tensor::from([[4.0, 0.0], [0.0, -2.0]]));
        let mut layer = SpectralNorm::new(Linear { weight, bias: None }, &mut rng(0));
        let found = layer.weight();
        assert!(found.max_abs_diff(&Tensor::from([[1.0, 0.0], [0.0, -0.5]])) < 1e-7, "{found}");
        // One step from (1, 1): v = u = (4, -2)/√20 and so on.
        layer.u.set(Tensor::from([1.0, 0.0]));
        layer.v.set(Tensor::from([0.6, 0.8]));
        let tape = Tape::training(0);
        layer.forward(tape.constant(Tensor::from([[1.0, 1.0]])));
        let new: Vec<Tensor> = tape.updates().into_iter().map(|(_, value)| value).collect();
        let unit = |x: [f64; 2]| Tensor::from(x.map(|a| a / x[0].hypot(x[1])));
        assert!(new[0].max_abs_diff(&unit([2.4, -1.6])) < 1e-15);
        assert!(new[1].max_abs_diff(&unit([9.6, 3.2])) < 1e-15);
        layer.forward(Tape::new().constant(Tensor::from([[1.0, 1.0]])));
        assert_eq!(layer.u.value().to_f64_vec(), [1.0, 0.0]);
    }

    #[test]
    fn names_and_rows_of_another_axis() {
        let mut layer = SpectralNorm::of(
            ConvTranspose1d::new(2, 3, [4], ConvOptions::default(), &mut rng(0)),
            "weight",
            1,
            &mut rng(1),
        );
        let names: Vec<String> = layer.params().into_iter().map(|(name, _)| name).collect();
        let of = |name: &str| format!("parametrizations.weight.{name}");
        assert_eq!(names, ["bias".to_string(), of("original"), of("0._u"), of("0._v")]);
        assert_eq!((layer.u.shape()[0], layer.v.shape()[0]), (3, 8));
        layer.convert(DType::F64);
        assert_eq!(layer.predict(&Tensor::zeros_of([1, 2, 5], DType::F64)).shape()[..], [1, 3, 8]);
    }
}
