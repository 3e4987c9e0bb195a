//! What weight norm and spectral norm share: a layer one of whose parameters is computed from others.

use gradus_autograd::{Param, Params};
use gradus_tensor::Tensor;

/// The parameter of a name in a layer.
///
/// # Panics
/// If there is none.
#[track_caller]
pub(super) fn find<'a>(wrapper: &str, layer: &'a dyn Params, name: &str) -> &'a Param {
    let all = layer.params();
    let found = all.iter().find(|(known, _)| known == name);
    let Some((_, param)) = found else {
        let names: Vec<&str> = all.iter().map(|(known, _)| known.as_str()).collect();
        panic!("{wrapper}: the layer has no parameter {name}; it has {}", names.join(", "))
    };
    param
}

/// All parameters but the one that is computed.
pub(super) fn others<'a>(
    layer: &'a dyn Params,
    name: &str,
    prefix: &str,
    f: &mut dyn FnMut(&str, &'a Param),
) {
    let inside = gradus_autograd::join(prefix, name);
    layer.visit(prefix, &mut |path, param| {
        if path != inside {
            f(path, param);
        }
    });
}

/// As [`others`], to change them. The computed one follows in its element type.
pub(super) fn others_mut<'a>(
    layer: &'a mut dyn Params,
    name: &str,
    prefix: &str,
    f: &mut dyn FnMut(&str, &'a mut Param),
) {
    let inside = gradus_autograd::join(prefix, name);
    layer.visit_mut(prefix, &mut |path, param| {
        if path != inside {
            f(path, param);
        }
    });
}

/// A weight as a matrix whose rows belong to one axis: `[n, rest]`.
pub(super) fn rows(weight: &Tensor, axis: usize) -> Tensor {
    let n = weight.shape()[axis];
    weight.move_axis(axis as isize, 0).reshape([n, weight.elements() / n.max(1)])
}
