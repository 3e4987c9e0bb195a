//! What was once accepted, or said badly: options outside of their formula, and messages in their own words.

use gradus::autograd::ops::{
    ConvOptions, CrossEntropyOptions, CtcOptions, GaussianNllOptions, HuberOptions, Interpolation, Padding,
    PaddingMode, PoissonNllOptions, Pool, Resize, SoftCrossEntropyOptions, TripletOptions,
};
use gradus::prelude::*;

use crate::panics::panic_in;

/// The message is exactly this, and points at the caller's file.
#[track_caller]
pub(crate) fn says<R>(f: impl FnOnce() -> R, want: &str) {
    let here = std::panic::Location::caller().file();
    let (message, file) = panic_in(f).err().expect("no panic");
    assert!(message.starts_with(want), "{message:?} does not begin with {want:?}");
    assert!(file.ends_with(here), "{message:?} points at {file}, not {here}");
}

fn zeros(shape: &[usize]) -> Tensor {
    Tensor::zeros(shape)
}

fn same() -> ConvOptions {
    ConvOptions { padding: Padding::Same, ..ConvOptions::default() }
}

#[test]
fn convolutions() {
    let tape = Tape::new();
    let var = |shape: &[usize]| tape.var(zeros(shape));
    let (image, kernel) = (var(&[1, 1, 2, 3]), var(&[1, 1, 3, 3]));
    let small = "conv: input [2, 3] with kernel [3, 3]: a window of 3 places (dilation 1) does not fit spatial axis 0 of 2 with \
                 padding 0";
    says(|| image.conv(kernel, None, &ConvOptions::default()), small);
    let layer = Conv2d::new(1, 1, [3, 3], ConvOptions::default(), &mut rng(0));
    says(|| layer.predict(&zeros(&[1, 1, 2, 3])), small);
    says(|| layer.forward(image), small);
    let row = Conv1d::new(1, 1, [4], ConvOptions::default(), &mut rng(0));
    says(|| row.predict(&zeros(&[1, 1, 3])), "conv: input [3] with kernel [4]: a window of 4 places");
    let of = |how: ConvOptions| move || image.conv(var(&[1, 1, 2, 2]), None, &how);
    let default = ConvOptions::default;
    says(
        of(ConvOptions { stride: vec![0], ..default() }),
        "conv: the stride of spatial axis 0 is 0; it must be at least 1",
    );
    says(
        of(ConvOptions { dilation: vec![1, 0], ..default() }),
        "conv: the dilation of spatial axis 1 is 0; it must be",
    );
    says(of(ConvOptions { groups: 0, ..default() }), "conv: groups is 0; it must be at least 1");
    says(
        of(ConvOptions { stride: vec![1; 3], ..default() }),
        "conv: [1, 1, 1] has 3 numbers for 2 spatial axes",
    );
    says(
        of(ConvOptions { padding: usize::MAX.into(), ..default() }),
        "conv: input [2, 3] with kernel [2, 2]",
    );
    says(
        || image.conv_transpose(kernel, None, &ConvOptions { dilation: vec![2], ..default() }, &[2]),
        "conv_transpose: output padding 2 of spatial axis 0 must be below the larger of stride and dilation, 2",
    );
}

#[test]
fn padding_of_convolutions() {
    let tape = Tape::new();
    let var = |shape: &[usize]| tape.var(zeros(shape));
    let (image, kernel) = (var(&[1, 1, 2, 3]), var(&[1, 1, 3, 3]));
    let of = |how: ConvOptions| move || image.conv(var(&[1, 1, 2, 2]), None, &how);
    let default = ConvOptions::default;
    says(
        of(ConvOptions { padding: Padding::Same, stride: vec![2], ..default() }),
        "conv: padding Same keeps the sizes with a stride of 1 alone, got [2]",
    );
    says(
        of(ConvOptions { padding: [2, 1].into(), padding_mode: PaddingMode::Reflect, ..default() }),
        "conv: padding 2 of spatial axis 0 of 2 with padding_mode Reflect; at most 1",
    );
    let circular = ConvOptions { padding_mode: PaddingMode::Circular, ..default() };
    let wide =
        [(circular, "padding_mode Circular; only conv pads"), (same(), "padding Same is for conv alone")];
    for (how, what) in wide {
        says(|| image.conv_transpose(kernel, None, &how, &[0]), &format!("conv_transpose: {what}"));
        says(|| image.window_columns(&[1, 1], &how), &format!("window_columns: {what}"));
        says(|| var(&[1, 1, 6]).fold(&[2, 3], &[1, 1], &how), &format!("fold: {what}"));
    }
    let groups = ConvOptions { groups: 2, ..default() };
    says(
        || image.window_columns(&[1, 1], &groups),
        "window_columns: groups is 2; windows as columns have no",
    );
    says(|| image.window_columns(&[3, 3], &default()), "window_columns: input [2, 3] with kernel [3, 3]");
    says(|| var(&[1, 9, 1]).fold(&[2, 3], &[3, 3], &default()), "fold: input [2, 3] with kernel [3, 3]");
}

#[test]
fn pools_and_images() {
    let tape = Tape::new();
    let var = |shape: &[usize]| tape.var(zeros(shape));
    let image = var(&[1, 1, 2, 3]);
    says(
        || image.max_pool(&Pool::of(3)),
        "max_pool: a window of 3 places does not fit spatial axis 0 of 2 with padding 0",
    );
    says(
        || image.avg_pool(&Pool::of(0)),
        "avg_pool: the kernel of spatial axis 0 is 0; it must be at least 1",
    );
    says(
        || image.avg_pool(&Pool { padding: vec![2], ..Pool::of(2) }),
        "avg_pool: padding 2 of spatial axis 0 is more than half",
    );
    let divided = Pool { divisor: Some(3.0), ..Pool::of(2) };
    says(
        || image.max_pool(&divided),
        "max_pool: count_padding true and divisor Some(3.0) are options of means",
    );
    says(|| image.lp_pool(2.0, &divided), "lp_pool: count_padding true and divisor Some(3.0) are options of");
    let samples = |u: f64| Tensor::full([1, 1, 2], u);
    says(
        || image.fractional_max_pool(&[2, 2], &[2, 2], &samples(0.5)),
        "fractional_max_pool: 2 windows of 2 places do not fit spatial axis 0 of 2",
    );
    says(
        || image.fractional_max_pool(&[2, 2], &[1, 2], &samples(1.5)),
        "fractional_max_pool: a sample is 1.5; they must be from 0 to 1",
    );
    says(|| image.lp_pool(0.0, &Pool::of(2)), "lp_pool: the order p is 0; it must be finite and above 0");
    says(
        || var(&[1, 1, 0, 3]).resize(&[2, 2], Resize::Nearest),
        "resize: spatial axis 0 of [1, 1, 0, 3] has no elements",
    );
    says(
        || image.resize_by(&[2, 2], &[f64::NAN; 2], Resize::Nearest),
        "resize_by: a step is NaN; it must be",
    );
}

#[test]
fn normalisations() {
    let tape = Tape::new();
    let x = tape.var(Tensor::from([0.5, 0.25]));
    let t = || Tensor::from([1.0, 0.0]);
    for eps in [f64::NAN, f64::INFINITY] {
        let tail = format!("eps is {eps}; it must be a finite number");
        says(|| x.standardize(1, eps), &format!("standardize: {tail}"));
        says(|| x.layer_norm(t(), t(), eps), &format!("layer_norm: {tail}"));
        says(|| x.rms_norm(1, eps), &format!("rms_norm: {tail}"));
    }
}

#[test]
fn losses() {
    let tape = Tape::new();
    let x = tape.var(Tensor::from([0.5, 0.25]));
    let t = || Tensor::from([1.0, 0.0]);
    for delta in [0.0, -1.0, f64::NAN] {
        let how = HuberOptions { delta, ..HuberOptions::default() };
        says(|| x.huber_loss_with(t(), &how), &format!("huber_loss: delta is {delta}; it must be above 0"));
    }
    for delta in [-1.0, f64::NAN] {
        let how = HuberOptions { delta, ..HuberOptions::default() };
        says(
            || x.smooth_l1_loss_with(t(), &how),
            &format!("smooth_l1_loss: delta is {delta}; it must be at least 0"),
        );
    }
    says(
        || x.gaussian_nll_loss(t(), Tensor::from([1.0, -0.5])),
        "gaussian_nll_loss: a variance is -0.5; variances are not",
    );
    let how = GaussianNllOptions { eps: 0.0, ..GaussianNllOptions::default() };
    says(|| x.gaussian_nll_loss_with(t(), 1.0, &how), "gaussian_nll_loss: eps is 0; it must be above 0");
    says(
        || (x * 3.0).binary_cross_entropy(t()),
        "binary_cross_entropy: the prediction holds 1.5; probabilities lie between 0 and 1",
    );
    says(
        || x.binary_cross_entropy(Tensor::from([-0.1, 0.0])),
        "binary_cross_entropy: the target holds -0.1; probabilities",
    );
    let how = PoissonNllOptions { eps: -1.0, ..PoissonNllOptions::default() };
    says(|| x.poisson_nll_loss_with(t(), &how), "poisson_nll_loss: eps is -1; it must be at least 0");
    for smoothing in [-0.1, 1.1, f64::NAN] {
        let how = CrossEntropyOptions { smoothing, ..CrossEntropyOptions::default() };
        let want = format!("cross_entropy: smoothing is {smoothing}; it must be between 0 and 1");
        says(|| x.cross_entropy_with(&Tensor::from(0), &how), &want);
        let how = SoftCrossEntropyOptions { smoothing, ..SoftCrossEntropyOptions::default() };
        says(|| x.soft_cross_entropy_with(t(), &how), &format!("soft_{want}"));
    }
    let how = TripletOptions { p: f64::NAN, ..TripletOptions::default() };
    says(
        || x.triplet_margin_loss_with(t(), t(), &how),
        "triplet_margin_loss: the order p is NaN; it must be above 0",
    );
    // NaN among the numbers themselves is seen in the loss.
    assert!(tape.var(Tensor::from([f64::NAN, 0.5])).binary_cross_entropy(t()).item().is_nan());
}

#[test]
fn labels() {
    let tape = Tape::new();
    let x = tape.var(zeros(&[2, 3]));
    says(|| x.nll_loss(&Tensor::from([0.0, f64::NAN])), "nll_loss: labels are I64, got f64");
    says(
        || x.cross_entropy(&zeros(&[2, 3])),
        "cross_entropy: the target has the shape of the logits, [2, 3]; a probability for each class is for soft_cross",
    );
    // At the caller's line, as `says` holds.
    let words = Embedding::new(3, 2, &mut rng(0));
    says(|| summary_with_input(&words, [4]), "embedding: rows are looked up by I64 numbers, got f32");
    let reason = state_dict::save(&words, "words.pt").unwrap_err().to_string();
    assert!(reason.contains("PyTorch's files are read, not written"), "{reason}");
    says(
        || x.multi_margin_loss(&Tensor::from([0, 3])),
        "multi_margin_loss: label 3 at place 1 is not one of the 3 classes",
    );
    let labels = Tensor::from([[0, 3, -1], [0, -1, -1]]);
    says(
        || x.multilabel_margin_loss(&labels),
        "multilabel_margin_loss: label 3 at place 1 is not one of the 3 classes",
    );
    let steps = tape.var(zeros(&[4, 1, 3]));
    says(
        || steps.ctc_loss(&[vec![1, 3]], &[4]),
        "ctc_loss: label 3 at place 1 of sample 0 is not one of the 3 classes",
    );
    says(|| steps.ctc_loss(&[vec![0]], &[4]), "ctc_loss: label 0 at place 0 of sample 0 is not one");
    says(|| steps.ctc_loss(&[vec![1]], &[5]), "ctc_loss: length 5 of sample 0; there are 4 steps");
    let how = CtcOptions { blank: 3, ..CtcOptions::default() };
    says(
        || steps.ctc_loss_with(&[vec![1]], &[4], &how),
        "ctc_loss: blank is 3; it must be one of the 3 classes",
    );
    says(|| accuracy(&zeros(&[2, 3]), &Tensor::from([0, 3])), "accuracy: label 3 is not one of 0..3");
    says(|| x.embedding(&Tensor::from([0]), Some(2)), "embedding: padding is row 2 of 2 rows");
}

#[test]
fn formulas_and_orders() {
    let tape = Tape::new();
    let (row, x) = (tape.var(zeros(&[2])), tape.var(zeros(&[2, 3])));
    says(|| Var::einsum("i->j", &[row]), "einsum: `i->j`: no value has the axis `j` of the result");
    says(|| Var::einsum("ii->", &[x]), "einsum: `ii->`: `i` is 2 in value 0 and 3 in value 0");
    says(|| Var::einsum("ij->ii", &[x]), "einsum: `ij->ii`: the result names `i` twice");
    says(|| Var::einsum("ij,jk->ik", &[x, x]), "einsum: `ij,jk->ik`: `j` is 3 in value 0 and 2 in value 1");
    says(|| Var::einsum("i1->i", &[x]), "einsum: `i1->i` holds `1`");
    says(|| Var::einsum("ij->i...", &[x]), "einsum: `ij->i...`: the result has `...`, and no term has");
    says(
        || Var::einsum("ij", &[x, x]),
        "einsum: `ij` has 1 term before the arrow, and 2 given: one value for each term",
    );
    for q in [-0.1, 1.5, f64::NAN] {
        let q = tape.constant(q);
        let want = format!("quantile: q holds {}; quantiles lie between 0 and 1", q.item());
        says(|| row.quantile(q, 0, Interpolation::Linear, false), &want);
    }
    says(|| row.vector_norm(f64::NAN), "vector_norm: the order p is NaN");
    says(|| row.topk(3, 0, true), "topk: 3 elements are more than axis 0 of [2] has, 2");
    says(|| Tensor::linspace(0.0, f64::INFINITY, 3), "linspace: from 0 to inf; both must be finite");
    says(|| Tensor::range(0.0, 1.0, 0.0), "range: from 0 to 1 by 0; all must be finite, and the step not 0");
    says(
        || zeros(&[2]).to_vec::<f64>(),
        "to_vec: this tensor holds f32, not f64; read it with .to_f64_vec(), which converts",
    );
    says(
        || zeros(&[2, 2]).to_vec2::<f64>(),
        "to_vec2: this tensor holds f32, not f64; read it with .to_f64_vec()",
    );
    says(|| row.narrow(0, usize::MAX, 2), "narrow: 2 places from 18446744073709551615 reach beyond axis 0");
}

#[test]
fn random_numbers_layers_and_loaders() {
    let mut random = rng(0);
    says(|| Tensor::uniform(2, 1.0, 0.0, &mut random), "uniform: 1 to 0 is no interval");
    says(
        || Tensor::normal(2, 0.0, -1.0, &mut random),
        "normal: mean 0 and standard deviation -1; both must be finite",
    );
    says(|| Tensor::normal(2, f64::NAN, 1.0, &mut random), "normal: mean NaN and standard deviation 1");
    for p in [-0.1, 1.1, f64::NAN] {
        says(|| Tensor::bernoulli(2, p, &mut random), &format!("bernoulli: {p} is no probability"));
        says(
            || Dropout { p }.predict(&zeros(&[2])),
            &format!("dropout: the probability {p} is not in 0 ..= 1"),
        );
    }
    let mut layer = BatchNorm::new(3);
    layer.momentum = Some(1.5);
    says(
        || layer.predict(&zeros(&[2, 3])),
        "batch_norm: momentum is 1.5; it must be at least 0 and at most 1",
    );
    layer.momentum = None;
    layer.eps = -1.0;
    says(|| layer.predict(&zeros(&[2, 3])), "batch_norm: eps is -1; it must be at least 0");
    let data = Dataset::new(zeros(&[2, 3]), Tensor::arange(2));
    let loader = Loader { batch: 0, ..Loader::default() };
    says(|| loader.epoch(&data, 0).count(), "Loader: a batch needs at least one example; batch is 0");
    says(|| loader.batches(2), "Loader: a batch needs at least one example; batch is 0");
    says(|| data.split(f64::NAN, 0), "split: the fraction NaN is not in 0 ..= 1");
    let huge = 1usize << 32;
    says(
        || Linear::new(huge, huge, &mut random),
        "init: the sizes [4294967296, 4294967296] multiply to more elements",
    );
}

#[test]
fn sizes_that_no_memory_has() {
    let (huge, mut random) = (1usize << 32, rng(0));
    let too_many = |op: &str| format!("{op}: the sizes [{huge}, {huge}] multiply to more elements");
    let column = Tensor::ones([1, 1]).expand([huge, 1]);
    let row = Tensor::ones([1, 1]).expand([1, huge]);
    says(|| Tensor::zeros([huge, huge]), &too_many("zeros"));
    says(|| Tensor::ones_of([huge, huge], DType::I64), &too_many("ones"));
    says(|| Tensor::full([huge, huge], 2.0), &too_many("full"));
    says(|| Tensor::eye(huge), &too_many("eye"));
    says(|| Tensor::tri(huge, huge, 0), &too_many("tri"));
    says(|| Tensor::from_fn([huge, huge], |_| 0.0), &too_many("from_fn"));
    says(|| Tensor::randn([huge, huge], &mut random), &too_many("randn"));
    says(|| Tensor::uniform([huge, huge], 0.0, 1.0, &mut random), &too_many("uniform"));
    says(|| Tensor::randint(0, 2, [huge, huge], &mut random), &too_many("randint"));
    says(|| column.matmul(&row), &too_many("matmul"));
    says(|| &column + &row, &too_many("add"));
    says(|| column.pow(&row), &too_many("pow"));
    says(|| Tensor::ones([1, 1]).expand([huge, huge]), &too_many("expand"));
    says(|| Tensor::ones([1, 1]).repeat(&[huge, huge]), &too_many("repeat"));
    let tape = Tape::new();
    let line = tape.constant(Tensor::ones([1]).expand([huge]));
    says(|| line.outer(line), &too_many("outer"));
    let (column, row) = (tape.constant(column), tape.constant(row));
    says(|| column.matmul(row), &too_many("matmul"));
    says(|| column * row, &too_many("mul"));
}

#[test]
fn operators_on_integers() {
    let tape = Tape::new();
    let x = tape.constant(Tensor::arange(3));
    let needs = |op: &str| format!("{op}: needs floats, got i64; convert with .to(DType::F32)");
    says(|| x + 2.0, &needs("add"));
    says(|| 2.0 - x, &needs("sub"));
    says(|| x * 2.0, &needs("mul"));
    says(|| x / 2.0, &needs("div"));
    says(|| 2.0 / x, &needs("div"));
    says(|| -x, &needs("neg"));
    says(|| x.mean_axes(0), &needs("mean"));
    says(|| x.std(1), &needs("std"));
}

#[test]
fn functions_of_functions() {
    use gradus::autograd::{directional_derivative, hessian, hvp, jacobian, jvp, laplacian, vhp, vjp};
    let x = [Tensor::from([1.0, 2.0])];
    let short = [Tensor::from([1.0])];
    let result =
        "needs a function whose result is one number, got shape [2]; reduce it with .sum() or .mean()";
    says(|| hessian(|x| x[0].exp(), &x), &format!("hessian: {result}"));
    says(|| hvp(|x| x[0].exp(), &x, &x), &format!("hvp: {result}"));
    says(|| vhp(|x| x[0].exp(), &x, &x), &format!("vhp: {result}"));
    says(|| laplacian(|x| x[0].exp(), &x), &format!("laplacian: {result}"));
    says(|| directional_derivative(|x| x[0].exp(), &x, &x), &format!("directional_derivative: {result}"));
    let direction = "a direction of shape [1] for an input of shape [2]";
    says(|| hvp(|x| x[0].sum(), &x, &short), &format!("hvp: {direction}"));
    says(|| jvp(|x| x[0].exp(), &x, &short), &format!("jvp: {direction}"));
    says(|| jvp(|x| x[0].exp(), &x, &[]), "jvp: 1 inputs and 0 directions");
    says(|| vjp(|x| x[0].exp(), &x, &short[0]), "vjp: weights of shape [1] for a result of shape [2]");
    says(|| jacobian(|x| x[0].exp(), &[Tensor::arange(2)]), "jacobian: needs floats, got i64");
}
