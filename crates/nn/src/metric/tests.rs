//! Against scikit-learn 1.9.1: `precision_score`, `recall_score`, `fbeta_score`, `roc_auc_score`, `average_precision_score`,
//! `brier_score_loss`, `calibration_curve`, `log_loss`, `top_k_accuracy_score`, `r2_score` on the data below.

use approx::abs_diff_eq;
use gradus_tensor::rng;

use super::*;

fn near(got: f64, want: f64) {
    assert!(abs_diff_eq!(got, want, epsilon = 1e-14), "{got}, not {want}");
}

fn all_near(got: &[f64], want: &[f64]) {
    assert_eq!(got.len(), want.len());
    got.iter()
        .zip(want)
        .for_each(|(got, want)| assert!(abs_diff_eq!(got, want, epsilon = 1e-8), "{got}, not {want}"));
}

/// Ten scores with ties, and their truths.
fn scored() -> (Tensor, Tensor) {
    let scores = Tensor::from([0.1, 0.4, 0.35, 0.8, 0.4, 0.4, 0.9, 0.2, 0.7, 0.8]);
    (scores, Tensor::from([0, 0, 1, 1, 0, 1, 1, 0, 1, 0]))
}

/// Probabilities of three classes.
fn classes() -> (Tensor, Tensor) {
    let probabilities = Tensor::from([
        [0.6, 0.3, 0.1],
        [0.2, 0.5, 0.3],
        [0.1, 0.2, 0.7],
        [0.5, 0.25, 0.25],
        [0.2, 0.2, 0.6],
        [0.3, 0.4, 0.3],
        [0.1, 0.8, 0.1],
        [0.45, 0.1, 0.45],
    ]);
    (probabilities, Tensor::from([0, 1, 2, 1, 2, 0, 1, 2]))
}

#[test]
fn precision_recall_and_f() {
    let labels = Tensor::from([0, 0, 1, 1, 1, 2, 2, 2, 2, 3, 0, 1]);
    let guesses = Tensor::from([0, 1, 1, 1, 2, 2, 2, 0, 2, 2, 0, 1]);
    let table = Confusion::of_labels(&guesses, &labels, 4);
    let two = 2.0 / 3.0;
    all_near(&table.precisions(), &[two, 0.75, 0.6, 0.0]);
    all_near(&table.recalls(), &[two, 0.75, 0.75, 0.0]);
    all_near(&table.f1s(), &[two, 0.75, two, 0.0]);
    all_near(&table.f_betas(2.0), &[0.666_666_67, 0.75, 0.714_285_71, 0.0]);
    assert_eq!(table.supports(), [3, 4, 4, 1]);
    let of = |average| {
        [table.precision(average), table.recall(average), table.f1(average), table.f_beta(2.0, average)]
    };
    all_near(&of(Average::Micro), &[two; 4]);
    let want =
        [0.504_166_666_666_666_7, 0.541_666_666_666_666_6, 0.520_833_333_333_333_3, 0.532_738_095_238_095_2];
    of(Average::Macro).into_iter().zip(want).for_each(|(got, want)| near(got, want));
    let want =
        [0.616_666_666_666_666_7, 0.666_666_666_666_666_6, 0.638_888_888_888_888_8, 0.654_761_904_761_904_7];
    of(Average::Weighted).into_iter().zip(want).for_each(|(got, want)| near(got, want));
}

#[test]
fn parts_of_the_counts_add_up() {
    let mut rng = rng(0);
    let (scores, labels) = (Tensor::randn([40, 5], &mut rng), Tensor::randint(0, 5, 40, &mut rng));
    let mut parts = Confusion::of(&scores.narrow(0, 0, 13), &labels.narrow(0, 0, 13));
    parts += &Confusion::of(&scores.narrow(0, 13, 27), &labels.narrow(0, 13, 27));
    assert_eq!(parts, Confusion::of(&scores, &labels));
    assert_eq!(parts, Confusion::of_labels(&scores.argmax_axis(1, false), &labels, 5));
    // Sequences: the same rows.
    let (stacked, rows) = (scores.reshape([4, 10, 5]), labels.reshape([4, 10]));
    assert_eq!(accuracy(&stacked, &rows), accuracy(&scores, &labels));
    assert_eq!(Confusion::of(&stacked, &rows), parts);
}

#[test]
fn orders() {
    let (scores, truths) = scored();
    near(roc_auc(&scores, &truths), 0.74);
    near(average_precision(&scores, &truths), 0.722_619_047_619_047_5);
    near(roc_auc(&-&scores, &truths), 0.26);
    let (probabilities, labels) = classes();
    near(roc_auc_one_vs_rest(&probabilities, &labels, Average::Macro), 0.9);
    near(roc_auc_one_vs_rest(&probabilities, &labels, Average::Weighted), 0.908_333_333_333_333_3);
    let column = |class: isize| probabilities.select(1, class);
    let own = |class: isize| labels.eq(class as f64);
    let precisions = [0.75, 0.866_666_666_666_666_7, 1.0];
    (0..3)
        .zip(precisions)
        .for_each(|(class, want)| near(average_precision(&column(class), &own(class)), want));
    let flat = probabilities.flatten();
    let truths = Tensor::one_hot(&labels, 3).flatten();
    near(roc_auc_one_vs_rest(&probabilities, &labels, Average::Micro), roc_auc(&flat, &truths));
    // One kind of truth has no order.
    assert!(roc_auc(&scores, &Tensor::ones([10])).is_nan());
    assert!(average_precision(&scores, &Tensor::zeros([10])).is_nan());
    assert!(roc_auc(&Tensor::zeros([0]), &Tensor::zeros([0])).is_nan());
}

/// By its meaning: pairs of a positive and a negative example.
#[test]
fn the_area_counts_pairs() {
    for seed in 0..20 {
        let mut rng = rng(seed);
        let scores = Tensor::randint(0, 6, 30, &mut rng).to(DType::F64);
        let truths = Tensor::bernoulli(30, 0.4, &mut rng);
        let (x, t) = (scores.to_f64_vec(), truths.to_f64_vec());
        let pairs = (0..30).flat_map(|i| (0..30).map(move |j| (i, j))).filter(|&(i, j)| t[i] > t[j]);
        let (mut n, mut won) = (0.0, 0.0);
        for (i, j) in pairs {
            n += 1.0;
            won += if x[i] > x[j] { 1.0 } else { f64::from(u8::from(x[i] == x[j])) / 2.0 };
        }
        near(roc_auc(&scores, &truths), won / n);
    }
}

#[test]
fn probabilities() {
    let (scores, truths) = scored();
    near(brier(&scores, &truths), 0.193_25);
    let calibration = Calibration::of_events(&scores, &truths, 5);
    let full: Vec<&Bin> = calibration.bins.iter().filter(|bin| bin.count > 0).collect();
    assert_eq!(full.iter().map(|bin| bin.count).collect::<Vec<_>>(), [2, 4, 3, 1]);
    all_near(&full.iter().map(|bin| bin.accuracy).collect::<Vec<_>>(), &[0.0, 0.5, 0.666_666_67, 1.0]);
    all_near(&full.iter().map(|bin| bin.confidence).collect::<Vec<_>>(), &[0.15, 0.3875, 0.766_666_67, 0.9]);
    near(calibration.expected_error(), (2.0 * 0.15 + 4.0 * 0.1125 + 3.0 * 0.1 + 0.1) / 10.0);
    near(calibration.largest_error(), 0.15);
    let (probabilities, labels) = classes();
    near(brier_of_classes(&probabilities, &labels), 0.401_25);
    near(perplexity(&probabilities.log(), &labels, None), 0.710_423_973_126_058_4f64.exp());
    let hidden = Tensor::from([0, -1, 2, 1, -1, 0, 1, 2]);
    let kept = Tensor::from([0, 2, 3, 5, 6, 7]);
    let part = perplexity(&probabilities.log().index_select(0, &kept), &labels.index_select(0, &kept), None);
    near(perplexity(&probabilities.log(), &hidden, Some(-1)), part);
    // scikit-learn's 0.75 takes the higher class of equal scores first, here examples 3 and 5.
    near(top_k_accuracy(&probabilities, &labels, 2), 1.0);
    near(top_k_accuracy(&probabilities, &labels, 1), accuracy(&probabilities, &labels));
    near(top_k_accuracy(&probabilities, &labels, 9), 1.0);
    let sure = Calibration::of(&Tensor::from([[1.0, 0.0], [0.0, 1.0]]), &Tensor::from([0, 0]), 3);
    assert_eq!((sure.bins[2].count, sure.expected_error(), sure.largest_error()), (2, 0.5, 0.5));
    assert!(
        Calibration::of(&Tensor::zeros([0, 2]), &Tensor::zeros_of([0], DType::I64), 3)
            .expected_error()
            .is_nan()
    );
}

#[test]
fn determination() {
    let (t, x) = (Tensor::from([3.0, -0.5, 2.0, 7.0]), Tensor::from([2.5, 0.0, 2.0, 8.0]));
    near(r2(&x, &t), 0.948_608_137_044_967_9);
    near(x.mse(&t).item(), 0.375);
    near(x.l1_loss(&t).item(), 0.5);
    let t = Tensor::from([[0.5, 1.0], [-1.0, 1.0], [7.0, -6.0]]);
    near(r2(&Tensor::from([[0.0, 2.0], [-1.0, 2.0], [8.0, -5.0]]), &t), 0.936_800_526_662_277_9);
    let flat = Tensor::from([2.0, 2.0]);
    assert_eq!((r2(&flat, &flat), r2(&Tensor::from([2.0, 3.0]), &flat)), (1.0, 0.0));
    assert!(r2(&Tensor::from([1.0]), &Tensor::from([2.0])).is_nan());
}

#[test]
fn running_means() {
    let mut mean = RunningMean::default();
    assert!(mean.mean().is_nan());
    for (value, weight) in [(1.0, 3.0), (f64::NAN, 0.0), (5.0, 1.0)] {
        mean.add(value, weight);
    }
    assert_eq!((mean.mean(), mean.weight()), (2.0, 4.0));
    assert_eq!((mean.take(), mean), (2.0, RunningMean::default()));
    // A constant stays what it is.
    (0..1000).for_each(|i| mean.add(0.1, f64::from(i)));
    assert_eq!(mean.mean(), 0.1);
}
