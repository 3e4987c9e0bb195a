//! A gradient that is NaN reaches the parameter in every rule: no `min` or `max` on the way drops it.

use gradus_autograd::Param;
use gradus_optim::{Optimizer, catalog};
use gradus_tensor::Tensor;

/// Descent on a weighted square, of which one slope is NaN from the third step on.
#[test]
fn a_gradient_that_is_nan_is_not_dropped() {
    for named in catalog::RULES.iter().chain(catalog::METHODS) {
        let mut w = Param::new(Tensor::from([[1.0, -0.5], [0.25, 2.0]]));
        let mut optimizer = Optimizer::new((named.make)(), named.lr);
        let mut train = |weights: [[f64; 2]; 2]| {
            let weights = Tensor::from(weights);
            optimizer.training_step(&mut w, |w, tape| (tape.param(w).square() * &weights).sum());
            w.value().to_f64_vec()
        };
        let good = [[1.0, 0.5], [2.0, 1.5]];
        train(good);
        let before = train(good);
        let bad = [[f64::NAN, 0.5], [2.0, 1.5]];
        train(bad);
        let after = train(bad);
        // A line search may refuse to go where there is no value.
        assert!(after[0].is_nan() || after == before, "{}: {before:?} to {after:?}", named.name);
    }
}
