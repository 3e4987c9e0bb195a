//! A value without gradients, of any number of inputs.

use gradus_tensor::Tensor;

use crate::fast::reuse::on_tape;
use crate::model::training::Mode;
use crate::tape::Tape;
use crate::var::Var;

/// The value of a function of a tape as numbers, with dropout and recording off: what `predict` of a module is, for a
/// model of several inputs. (Several results: [`on_tape`](crate::on_tape) with [`Mode::Inference`].)
///
/// ```
/// use gradus_autograd::{Param, Var, predict};
/// use gradus_tensor::Tensor;
///
/// struct Mix { share: Param }
/// impl Mix {
///     fn forward<'t>(&self, a: Var<'t>, b: Var<'t>) -> Var<'t> {
///         a.lerp(b, a.tape().param(&self.share))
///     }
/// }
/// let (model, a, b) = (Mix { share: Param::new(0.25) }, Tensor::from([0.0, 4.0]), Tensor::from([4.0, 0.0]));
/// let y = predict(|tape| model.forward(tape.constant(&a), tape.constant(&b)));
/// assert_eq!(y, Tensor::from([1.0, 3.0]));
/// ```
#[doc(alias = "no_grad")]
#[doc(alias = "inference_mode")]
#[track_caller]
pub fn predict(f: impl for<'t> FnOnce(&'t Tape) -> Var<'t>) -> Tensor {
    on_tape(Mode::Inference, |tape| f(tape).value())
}
