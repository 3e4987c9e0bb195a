//! Many small parameters are updated side by side.

use std::panic::{AssertUnwindSafe, catch_unwind};

use gradus_autograd::{Gradients, Param};
use gradus_optim::{Adam, Optimizer, Rule, Step};
use gradus_tensor::kernel::parallel;
use gradus_tensor::{DType, Tensor};

/// A rule that refuses one parameter.
#[derive(Debug)]
struct Refuses(usize);

impl Rule for Refuses {
    fn update(&self, _: &Step<'_>, theta: &mut Tensor, g: &Tensor, _: &mut [Tensor]) {
        assert!(theta.elements() != self.0, "it refuses");
        *theta = &*theta - g;
    }
}

#[test]
fn many_small_parameters_are_updated_as_one_by_one() {
    let sizes = [1, 70_000, 3, 20_000, 200_000, 40_000];
    let model = || -> Vec<Param> { sizes.iter().map(|&n| Param::new(Tensor::ones(n))).collect() };
    let train = |threads: usize| {
        parallel::set_threads(threads);
        let mut model = model();
        let mut optimizer = Optimizer::new(Adam::default(), 0.1);
        for step in 0..3 {
            let mut grads = Gradients::default();
            for (i, param) in model.iter().enumerate() {
                grads.set(
                    param.id(),
                    Tensor::arange(sizes[i]).to(DType::F32) - Tensor::full((), f64::from(step)),
                );
            }
            optimizer.step(&mut model, &grads);
        }
        model.iter().map(|param| param.value().clone()).collect::<Vec<_>>()
    };
    assert_eq!(train(1), train(4));
    parallel::set_threads(2);
    // A rule that panics loses no value.
    let mut model = model();
    let mut grads = Gradients::default();
    for param in &model {
        grads.set(param.id(), Tensor::ones(*param.shape()));
    }
    let mut optimizer = Optimizer::new(Refuses(20_000), 0.1);
    let step = catch_unwind(AssertUnwindSafe(|| optimizer.step(&mut model, &grads)));
    let message = step.expect_err("it refuses").downcast_ref::<&str>().map(|text| (*text).to_string());
    assert_eq!(message.as_deref(), Some("it refuses"));
    let shapes: Vec<usize> = model.iter().map(|param| param.value().elements()).collect();
    assert_eq!(shapes, sizes);
    assert_eq!(*model[3].value(), Tensor::ones(20_000));
}
