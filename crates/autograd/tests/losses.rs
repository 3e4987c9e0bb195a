//! Losses against their formulas, written out here, and against each other where one is a case of another.

use approx::relative_eq;
use std::panic::{AssertUnwindSafe, catch_unwind};

use gradus_autograd::ops::{
    CrossEntropyOptions, DiceOptions, FocalCrossEntropyOptions, FocalOptions, InfoNceOptions, KlDivOptions,
    LossOptions, NllOptions, Reduction, SoftCrossEntropyOptions, TripletDistanceOptions, TripletOptions,
};
use gradus_autograd::{Tape, TensorExt, Var};
use gradus_tensor::{DType, Tensor, rng};

fn random(shape: &[usize], seed: u64) -> Tensor {
    Tensor::randn_of(shape, DType::F64, &mut rng(seed))
}

fn near(got: f64, want: f64) {
    assert!(relative_eq!(got, want, epsilon = 1e-13, max_relative = 1e-13), "{got}, not {want}");
}

fn message(f: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("it panics");
    payload.downcast_ref::<String>().expect("a text").clone()
}

#[test]
fn classes_lie_along_the_last_axis_or_the_one_that_is_named() {
    let logits = random(&[2, 5, 3], 0);
    let labels = Tensor::from([[0, 1, 2, 0, 1], [2, 2, 0, 1, 0]]);
    let rows = logits.reshape([10, 3]).cross_entropy(&labels.flatten()).item();
    assert_eq!(logits.cross_entropy(&labels).item(), rows);
    let turned = logits.transpose(1, 2).contiguous();
    for reduction in [Reduction::Mean, Reduction::Sum, Reduction::None, Reduction::BatchMean] {
        let weight = Some(Tensor::from([1.0, 2.0, 0.5]));
        let how = CrossEntropyOptions { weight, ignore: Some(2), smoothing: 0.1, axis: -1, reduction };
        let last = logits.cross_entropy_with(&labels, &how);
        let second = turned.cross_entropy_with(&labels, &CrossEntropyOptions { axis: 1, ..how });
        assert!(last.allclose(&second, 1e-14, 0.0));
        let how = NllOptions { reduction, ..NllOptions::default() };
        let last = logits.nll_loss_with(&labels, &how);
        assert!(last.allclose(&turned.nll_loss_with(&labels, &NllOptions { axis: 1, ..how }), 1e-14, 0.0));
        let target = random(&[2, 5, 3], 1).softmax(-1);
        let how = SoftCrossEntropyOptions { smoothing: 0.2, reduction, ..SoftCrossEntropyOptions::default() };
        let last = logits.soft_cross_entropy_with(&target, &how);
        let how = SoftCrossEntropyOptions { axis: 1, ..how };
        let second = turned.soft_cross_entropy_with(&target.transpose(1, 2).contiguous(), &how);
        assert!(last.allclose(&second, 1e-13, 1e-15));
    }
    // One sample without a batch.
    near(logits.select(0, 0).select(0, 0).cross_entropy(&Tensor::from(2i64)).item(), {
        let x = logits.to_f64_vec();
        x[..3].iter().map(|x| x.exp()).sum::<f64>().ln() - x[2]
    });
}

#[test]
fn classes_along_another_axis_are_pointed_out() {
    let logits = random(&[2, 3, 4], 0);
    let labels = Tensor::zeros_of([2, 4], DType::I64);
    let text = message(|| drop(logits.cross_entropy_with(&labels, &CrossEntropyOptions::default())));
    assert_eq!(
        text,
        "cross_entropy: [2, 3, 4] with classes along axis 2 needs labels [2, 3], got [2, 4]; for classes along axis 1 set \
         `axis: 1`"
    );
    let text = message(|| drop(logits.cross_entropy(&labels)));
    assert!(text.contains("need labels of shape [2, 3], got [2, 4]; classes along another axis"), "{text}");
}

#[test]
fn no_loss_of_pairs_broadcasts() {
    let (column, row) = (random(&[4, 1], 0), random(&[4], 1));
    let losses: [(&str, &dyn Fn()); 8] = [
        ("mse", &|| drop(column.mse(&row))),
        ("l1_loss", &|| drop(column.l1_loss(&row))),
        ("log_cosh_loss", &|| drop(column.log_cosh_loss(&row))),
        ("focal_loss", &|| drop(column.focal_loss(&row))),
        ("kl_div", &|| drop(column.kl_div(&row))),
        ("soft_margin_loss", &|| drop(column.soft_margin_loss(&row))),
        ("margin_ranking_loss", &|| drop(column.margin_ranking_loss(&column, &row))),
        ("triplet_margin_loss", &|| drop(column.triplet_margin_loss(&column, &row))),
    ];
    for (name, call) in losses {
        let text = message(call);
        assert!(text.starts_with(&format!("{name}: ")) && text.contains("reshape one of them"), "{text}");
    }
}

#[test]
fn log_cosh_keeps_its_digits() {
    for (d, want) in
        [(1e-9, 5e-19), (1e-150, 5e-301), (0.5, 0.5f64.cosh().ln()), (1e300, 1e300), (-3.0, 3f64.cosh().ln())]
    {
        let got = Tensor::from([d]).log_cosh_loss(&Tensor::from([0.0])).item();
        assert!(relative_eq!(got, want, epsilon = 0.0, max_relative = 1e-15), "{d}: {got:e}, not {want:e}");
    }
    let weight = Tensor::from([3.0, 1.0]);
    let tape = Tape::new();
    let how = LossOptions { weight: Some(tape.constant(weight)), ..LossOptions::default() };
    let loss = tape.var(Tensor::from([1.0, 2.0])).log_cosh_loss_with(Tensor::from([0.0, 0.0]), &how);
    near(loss.item(), (3.0 * 1f64.cosh().ln() + 2f64.cosh().ln()) / 4.0);
}

#[test]
fn focal_losses_are_their_formulas_and_cross_entropies_at_0() {
    let (x, t) = (random(&[5, 3], 0), random(&[5, 3], 1).gt(0.0).to(DType::F64));
    let plain = x.binary_cross_entropy_with_logits(&t).item();
    near(
        x.focal_loss_with(&t, &FocalOptions { gamma: 0.0, alpha: None, ..FocalOptions::default() }).item(),
        plain,
    );
    let one = |(x, t): (f64, f64)| {
        let p = 1.0 / (1.0 + (-x).exp());
        let p = if t == 1.0 { p } else { 1.0 - p };
        -(if t == 1.0 { 0.25 } else { 0.75 }) * (1.0 - p).powi(2) * p.ln()
    };
    let all = x.to_f64_vec().into_iter().zip(t.to_f64_vec());
    near(x.focal_loss(&t).item(), all.map(one).sum::<f64>() / 15.0);
    let certain = Tensor::from([f64::INFINITY, f64::NEG_INFINITY]);
    assert_eq!(certain.focal_loss(&Tensor::from([1.0, 0.0])).item(), 0.0);

    let labels = Tensor::from([0, 2, -1, 1, 1]);
    let (weight, ignore) = (Some(Tensor::from([1.0, 2.0, 0.5])), Some(-1));
    let how = CrossEntropyOptions { weight: weight.clone(), ignore, ..CrossEntropyOptions::default() };
    let focal =
        FocalCrossEntropyOptions { gamma: 0.0, weight, ignore, ..FocalCrossEntropyOptions::default() };
    near(x.focal_cross_entropy_with(&labels, &focal).item(), x.cross_entropy_with(&labels, &how).item());
    let log = x.log_softmax(-1).to_f64_vec();
    let picked = [(0, 0, 1.0), (1, 2, 0.5), (3, 1, 2.0), (4, 1, 2.0)];
    let want = picked.iter().map(|&(row, class, w)| {
        let log: f64 = log[3 * row + class];
        -w * (1.0 - log.exp()).powf(1.5) * log
    });
    let focal = FocalCrossEntropyOptions { gamma: 1.5, ..focal };
    near(x.focal_cross_entropy_with(&labels, &focal).item(), want.sum::<f64>() / 5.5);
}

#[test]
fn dice_counts_an_overlap() {
    let x = Tensor::from([[1.0, 1.0, 0.0, 0.0], [0.5, 0.5, 0.5, 0.5]]);
    let t = Tensor::from([[1.0, 0.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0]]);
    let of = |how: DiceOptions| x.dice_loss_with(&t, &how).to_f64_vec();
    let each = DiceOptions { reduction: Reduction::None, ..DiceOptions::default() };
    assert_eq!(of(each), [1.0 - 3.0 / 5.0, 1.0 - 5.0 / 7.0]);
    near(x.dice_loss(&t).item(), 0.5 * (1.0 - 3.0 / 5.0 + 1.0 - 5.0 / 7.0));
    assert_eq!(of(DiceOptions { smooth: 0.0, ..each }), [0.5, 1.0 - 4.0 / 6.0]);
    assert_eq!(of(DiceOptions { smooth: 0.0, squared: true, ..each }), [0.5, 1.0 - 4.0 / 5.0]);
    assert_eq!(of(DiceOptions { leading: 0, smooth: 0.0, ..each }), [1.0 - 6.0 / 10.0]);
    let text = message(|| drop(Tensor::from([[2.0]]).dice_loss(&Tensor::from([[1.0]]))));
    assert_eq!(
        text,
        "dice_loss: the prediction holds 2; probabilities lie between 0 and 1 (for logits: x.sigmoid())"
    );
    // Nothing where nothing should be.
    assert_eq!(Tensor::zeros([1, 4]).dice_loss(&Tensor::zeros([1, 4])).item(), 0.0);
}

#[test]
fn info_nce_is_cross_entropy_of_cosines() {
    let (q, k, more) = (random(&[4, 3], 0), random(&[4, 3], 1), random(&[2, 3], 2));
    let unit = |x: &Tensor| x.normalize(2.0, -1, 0.0);
    let own = Tensor::arange(4);
    let scores = &unit(&q).matmul(&unit(&k).t()) / 0.1;
    near(q.info_nce(&k).item(), scores.cross_entropy(&own).item());
    let tape = Tape::new();
    let (q, k) = (tape.var(q), tape.var(k));
    let how = InfoNceOptions { temperature: 0.5, ..InfoNceOptions::default() };
    let both = q.info_nce_with(k, &InfoNceOptions { symmetric: true, ..how }).item();
    near(both, 0.5 * (q.info_nce_with(k, &how).item() + k.info_nce_with(q, &how).item()));
    let scores = &unit(&q.value()).matmul(&unit(&Tensor::cat(&[k.value(), more.clone()], 0)).t()) / 0.5;
    let among = q.info_nce_with(k, &InfoNceOptions { negatives: Some(tape.constant(more)), ..how }).item();
    near(among, scores.cross_entropy(&own).item());
}

#[test]
fn triplets_with_a_distance_of_ones_own() {
    let tape = Tape::new();
    let [a, p, n] = [0, 1, 2].map(|seed| tape.var(random(&[4, 3], seed)));
    fn distance<'t>(a: Var<'t>, b: Var<'t>) -> Var<'t> {
        (a - b + 1e-6).norm_axes(-1)
    }
    for swap in [false, true] {
        let how = TripletDistanceOptions { margin: 0.7, swap, ..TripletDistanceOptions::default() };
        let got = a.triplet_margin_with_distance_loss(p, n, distance, &how);
        let how = TripletOptions { margin: 0.7, swap, ..TripletOptions::default() };
        near(got.item(), a.triplet_margin_loss_with(p, n, &how).item());
    }
}

#[test]
fn the_mean_of_a_batch() {
    let (x, t) = (random(&[3, 4], 0).log_softmax(-1), random(&[3, 4], 1).softmax(-1));
    let of = |reduction| x.kl_div_with(&t, &KlDivOptions { reduction, ..KlDivOptions::default() }).item();
    near(of(Reduction::BatchMean), of(Reduction::Sum) / 3.0);
    near(of(Reduction::BatchMean), of(Reduction::Mean) * 4.0);
}

/// Of every loss of a target with the prediction's shape, and of those whose target has one for each row.
#[test]
fn a_number_is_the_target_of_each_element() {
    type Loss = for<'t> fn(Var<'t>, Option<&Tensor>) -> Var<'t>;
    macro_rules! losses {
        ($($name:ident $(($other:expr))?;)*) => {
            [$((stringify!($name), (|x, t| match t {
                Some(t) => x.$name($($other(x),)? t),
                None => x.$name($($other(x),)? 1),
            }) as Loss),)*]
        };
    }
    fn half(x: Var<'_>) -> Var<'_> {
        x * 0.5
    }
    let all = losses! {
        mse; l1_loss; smooth_l1_loss; huber_loss; log_cosh_loss; focal_loss; dice_loss; soft_cross_entropy;
        binary_cross_entropy; binary_cross_entropy_with_logits; kl_div; poisson_nll_loss; soft_margin_loss;
        hinge_embedding_loss; margin_ranking_loss(half); multilabel_soft_margin_loss;
        cosine_embedding_loss(half);
    };
    for dtype in [DType::F64, DType::F32] {
        let values = Tensor::from([[0.25, 0.5, 0.75], [0.5, 0.125, 0.25]]).to(dtype);
        for (name, loss) in all {
            let tape = Tape::new();
            let x = tape.var(&values);
            let ones =
                Tensor::ones_of(if name == "cosine_embedding_loss" { &[2][..] } else { &[2, 3] }, dtype);
            let (number, tensor) = (loss(x, None), loss(x, Some(&ones)));
            assert_eq!((number.dtype(), number.value()), (dtype, tensor.value()), "{name}");
            assert_eq!(number.backward().wrt(x), tensor.backward().wrt(x), "{name}");
            // A tensor of one number is not one: it has a shape, which is wrong.
            let scalar = Tensor::ones_of((), dtype);
            let text = message(|| {
                loss(x, Some(&scalar));
            });
            assert!(text.starts_with(&format!("{name}: ")), "{name}: {text}");
        }
    }
}
