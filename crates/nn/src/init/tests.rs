use approx::{abs_diff_eq, assert_abs_diff_eq};
use gradus_autograd::{Param, TensorExt, params};
use gradus_tensor::rng;

use super::*;
use crate::Module;

fn std_of(x: &Tensor) -> f64 {
    let x = x.to_f64_vec();
    (x.iter().map(|v| v * v).sum::<f64>() / x.len() as f64).sqrt()
}

#[test]
#[should_panic(
    expected = "init: the sizes [4294967296, 0, 4294967296] multiply to more elements than memory can have"
)]
fn sizes_that_multiply_beyond_memory() {
    fans([1 << 32, 0, 1 << 32]);
}

#[test]
fn the_scales_are_those_of_the_papers() {
    let mut rng = gradus_tensor::rng(0);
    let shape = [300, 200];
    let xavier = (2.0 / 500.0f64).sqrt();
    let close = |x: &Tensor, want: f64| {
        assert!(abs_diff_eq!(std_of(x) / want, 1.0, epsilon = 0.02), "{} {want}", std_of(x))
    };
    close(&xavier_uniform(shape, Gain::Linear, &mut rng), xavier);
    close(&xavier_normal(shape, Gain::Tanh, &mut rng), xavier * 5.0 / 3.0);
    close(&kaiming_uniform(shape, Fan::In, Gain::Relu, &mut rng), (2.0 / 200.0f64).sqrt());
    close(&kaiming_normal(shape, Fan::Out, Gain::Relu, &mut rng), (2.0 / 300.0f64).sqrt());
}

#[test]
fn uniform_values_stay_within_their_bound() {
    let x = xavier_uniform([30, 20], Gain::Linear, &mut gradus_tensor::rng(1));
    let bound = (6.0 / 50.0f64).sqrt();
    assert!(x.to_f64_vec().iter().all(|v| v.abs() <= bound));
}

#[test]
fn a_window_counts_for_both_fans() {
    assert_eq!(fans([8, 3, 5, 5]), (75, 200));
}

#[test]
#[should_panic(expected = "init: a weight needs the axes [out, in, …], got [3]")]
fn a_bias_has_no_fans() {
    fans([3]);
}

#[test]
fn the_general_form_and_its_cases() {
    let shape = [300, 200];
    for (distribution, fan, n) in [
        (Distribution::Normal, Fan::In, 200.0),
        (Distribution::TruncatedNormal, Fan::Average, 250.0),
        (Distribution::Uniform, Fan::Out, 300.0),
    ] {
        let x = variance_scaling_of(shape, 3.0, fan, distribution, DType::F64, &mut rng(4));
        let want = (3.0f64 / n).sqrt();
        assert!(
            abs_diff_eq!(std_of(&x) / want, 1.0, epsilon = 0.01),
            "{distribution:?}: {}, not {want}",
            std_of(&x)
        );
        let most = x.abs().max().item() / want;
        match distribution {
            Distribution::Normal => assert!(most > 3.5),
            Distribution::TruncatedNormal => assert!(most > 2.2 && most <= 2.0 / 0.8796),
            Distribution::Uniform => assert!(most > 1.73 && most <= 3f64.sqrt()),
        }
    }
    let lecun = (1.0f64 / 200.0).sqrt();
    assert_abs_diff_eq!(std_of(&lecun_normal(shape, &mut rng(5))) / lecun, 1.0, epsilon = 0.01);
    assert_abs_diff_eq!(std_of(&lecun_uniform(shape, &mut rng(5))) / lecun, 1.0, epsilon = 0.01);
    let factor = xavier_normal(shape, Gain::Factor(0.5), &mut rng(6));
    assert!(factor.equal(&(xavier_normal(shape, Gain::Linear, &mut rng(6)) * 0.5)));
}

/// Moments of the truncated normal distribution, `$\mu + \sigma(\varphi(a) - \varphi(b))/(\Phi(b) - \Phi(a))$`, computed with
/// scipy 1.17, `truncnorm(a, b).stats()`.
#[test]
fn truncated_normal_numbers() {
    let cases = [
        ([0.0, 1.0, -2.0, 2.0], 0.0, 0.879_625_661),
        ([0.5, 1.0, -1.0, 1.0], 0.143_727_116, 0.529_384_690),
        ([0.0, 1.0, 9.0, 20.0], 9.108_523_11, 0.107_306_99),
        ([0.0, 1.0, -20.0, -9.0], -9.108_523_11, 0.107_306_99),
    ];
    for ([mean, std, low, high], want, deviation) in cases {
        let x = trunc_normal_of(100_000, mean, std, low, high, DType::F64, &mut rng(7));
        assert!(x.min().item() >= low && x.max().item() <= high, "{low} {high}");
        assert!(
            abs_diff_eq!(x.mean().item(), want, epsilon = 5.0 * deviation / 316.0),
            "{} {want}",
            x.mean().item()
        );
        assert!(
            abs_diff_eq!(x.std(0).item() / deviation, 1.0, epsilon = 0.015),
            "{} {deviation}",
            x.std(0).item()
        );
    }
}

#[test]
fn orthogonal_rows_or_columns() {
    for shape in [[3, 7], [7, 3], [100, 100], [130, 70], [1, 1]] {
        let w = orthogonal_of(shape, Gain::Relu, DType::F64, &mut rng(8));
        let product = if shape[0] <= shape[1] { w.matmul(&w.t()) } else { w.t().matmul(&w) };
        let n = shape[0].min(shape[1]);
        assert!(product.max_abs_diff(&(Tensor::eye_of(n, DType::F64) * 2.0)) < 1e-13, "{shape:?}");
    }
    assert_eq!(orthogonal([4, 2, 3], Gain::Linear, &mut rng(8)).shape()[..], [4, 2, 3]);
    assert!(orthogonal([0, 3], Gain::Linear, &mut rng(8)).is_empty());
    // No sign is preferred.
    let signs: f64 =
        (0..400).map(|seed| orthogonal([2, 2], Gain::Linear, &mut rng(seed)).to_f64_vec()[0].signum()).sum();
    assert!(signs.abs() < 80.0, "{signs}");
}

#[test]
fn sparse_columns_and_identities() {
    let w = sparse([10, 40], 0.25, 2.0, &mut rng(9));
    assert_eq!(w.eq(0.0).to(DType::I64).sum_axes(0).to_vec::<i64>(), [3; 40]);
    assert_abs_diff_eq!(std_of(&w) / (4.0f64 * 0.7).sqrt(), 1.0, epsilon = 0.1);
    assert_eq!(sparse([3, 2], 1.0, 1.0, &mut rng(9)), Tensor::zeros([3, 2]));
    assert_eq!(eye(2, 3), Tensor::from([[1f32, 0.0, 0.0], [0.0, 1.0, 0.0]]));
    let x = Tensor::randn([2, 4, 6], &mut rng(10));
    let how = crate::ConvOptions { padding: 1.into(), groups: 2, ..crate::ConvOptions::default() };
    assert_eq!(x.conv(&dirac([4, 2, 3], 2), None, &how), x);
}

#[derive(Debug)]
struct Deep {
    table: Param,
    layers: Vec<crate::Linear>,
    frozen: Param,
}
params!(Deep { table, layers, frozen });

#[test]
fn unit_variance_from_layer_to_layer() {
    let mut rng = rng(11);
    let mut model = Deep {
        table: Param::new(Tensor::randn([9, 30], &mut rng) * 7.0),
        layers: (0..12).map(|_| crate::Linear::new(30, 30, &mut rng)).collect(),
        frozen: Param::new(Tensor::randn([30, 30], &mut rng)),
    };
    model.frozen.freeze();
    let before = model.frozen.value().clone();
    let words = Tensor::randint(0, 9, 200, &mut rng);
    let reached = lsuv(
        &mut model,
        |model, tape| {
            let x = tape.param(&model.table).embedding(&words, None);
            let x = model.layers.iter().fold(x, |x, layer| layer.forward(x).relu());
            x.matmul(tape.param(&model.frozen).t())
        },
        &Lsuv { tolerance: 0.02, ..Lsuv::default() },
        &mut rng,
    );
    let names: Vec<&str> = reached.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((names.len(), names[0], names[12]), (13, "table", "layers.11.weight"));
    assert!(reached.iter().all(|(_, variance)| abs_diff_eq!(*variance, 1.0, epsilon = 0.02)), "{reached:?}");
    assert!(model.frozen.value().equal(&before));
    let w = model.layers[3].weight.value();
    let size = w.select(0, 0).norm().item();
    assert!(w.matmul(&w.t()).max_abs_diff(&(Tensor::eye(30) * (size * size))) < 1e-4, "orthogonal, scaled");
}

#[test]
#[should_panic(
    expected = "lsuv: the signal behind weight has variance 0; a batch of several different samples gives it one"
)]
fn a_batch_without_variance() {
    let mut layer = crate::Linear { bias: None, ..crate::Linear::new(3, 2, &mut rng(0)) };
    let batch = Tensor::zeros([4, 3]);
    lsuv(&mut layer, |layer, tape| layer.forward(tape.constant(&batch)), &Lsuv::default(), &mut rng(0));
}
