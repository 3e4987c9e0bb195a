//! Features that are rare: a rate of their own lets them keep up.
//!
//! First a batch of four words, dog, dog, dog, cat. The mean of its gradients holds three quarters of dog's and one quarter of
//! cat's, so descent moves cat a third as fast. AdaGrad divides by the size of what it has seen of each word: both go one way.
//! Then a feature that only one example in a hundred has, beside one that all have.

#[path = "common/lesson.rs"]
mod lesson;

use approx::abs_diff_eq;
use gradus::optim::{Adagrad, Rule};
use gradus::prelude::*;
use gradus::viz::{Chart, Figure, Scale};
use lesson::{Point, push, save};

const BATCHES: usize = 40;
const EXAMPLES: usize = 2000;
/// The rare feature is in one example of so many.
const RARE: usize = 100;

/// The distance of dog and of cat from their goal, batch by batch: half the squared distance, averaged over the four words.
fn words(rule: impl Into<Box<dyn Rule>>, lr: f64) -> [Vec<f64>; 2] {
    let mut optimizer = Optimizer::new(rule, lr);
    let mut table = Param::new([[1.0], [1.0]]);
    let (dog, cat) = (0i64, 1);
    let batch = Tensor::from([dog, dog, dog, cat]);
    let mut paths = [vec![1.0], vec![1.0]];
    for _ in 0..BATCHES {
        optimizer.training_step(&mut table, |table, tape| {
            0.5 * tape.param(table).index_select(0, &batch).square().mean()
        });
        let now = table.value().to_f64_vec();
        paths.iter_mut().zip(now).for_each(|(path, w)| path.push(w));
    }
    paths
}

/// The weight of a feature that is there in every so-manieth example; its goal is 1.
fn feature(rule: impl Into<Box<dyn Rule>>, lr: f64, every: usize) -> Vec<Point> {
    let mut optimizer = Optimizer::new(rule, lr);
    let mut w = Param::new([0.0]);
    let mut path = vec![(0.0, 0.0)];
    for example in 1..=EXAMPLES {
        // Without the feature the gradient is 0, and the rule sees that, too.
        let there = if example % every == 0 { 1.0 } else { 0.0 };
        let gradient = w.value().item() - 1.0;
        push(&mut optimizer, &mut w, [there * gradient]);
        path.push((example as f64, w.value().item()));
    }
    path
}

fn last(path: &[Point]) -> f64 {
    path.last().expect("there are examples").1
}

fn main() {
    let (descent, adaptive) = (words(Sgd::default(), 0.4), words(Adagrad::default(), 0.4));
    let at = |path: &[f64], batch: usize| path[batch];
    println!("distance from the goal after 5 batches of dog, dog, dog, cat");
    println!("SGD      dog {:.4}  cat {:.4}", at(&descent[0], 5), at(&descent[1], 5));
    println!("AdaGrad  dog {:.4}  cat {:.4}\n", at(&adaptive[0], 5), at(&adaptive[1], 5));
    for t in 0..=BATCHES {
        assert!(abs_diff_eq!(descent[0][t], 0.7f64.powi(t as i32), epsilon = 1e-12), "dog: (1 - ¾ η)^t");
        assert!(abs_diff_eq!(descent[1][t], 0.9f64.powi(t as i32), epsilon = 1e-12), "cat: (1 - ¼ η)^t");
        assert!(abs_diff_eq!(adaptive[0][t], adaptive[1][t], epsilon = 1e-9), "AdaGrad moves both alike");
    }
    let left = Chart::new("dog, dog, dog, cat")
        .size(340.0, 280.0)
        .x_axis("batch", Scale::Linear)
        .y_axis("distance from the goal", Scale::Linear)
        .curve("SGD: dog", &descent[0])
        .curve("SGD: cat", &descent[1])
        .curve("AdaGrad: dog", &adaptive[0])
        .stroke(6.0)
        .curve("AdaGrad: cat", &adaptive[1]);

    println!("weight of a feature after {EXAMPLES} examples, its goal is 1");
    println!("{:8} {:>12} {:>12}", "", "in all", "in 1 %");
    let mut right = Chart::new("a feature that 1 % of the examples have")
        .size(340.0, 280.0)
        .x_axis("example", Scale::Linear)
        .y_axis("its weight", Scale::Linear);
    type Rules = (&'static str, Box<dyn Rule>, Box<dyn Rule>, f64);
    let rules: [Rules; 3] = [
        ("SGD", Sgd::default().into(), Sgd::default().into(), 0.01),
        ("AdaGrad", Adagrad::default().into(), Adagrad::default().into(), 0.2),
        ("Adam", Adam::default().into(), Adam::default().into(), 0.01),
    ];
    let mut rare = Vec::new();
    for (name, for_all, for_rare, lr) in rules {
        let (all, few) = (feature(for_all, lr, 1), feature(for_rare, lr, RARE));
        println!("{name:8} {:>12.4} {:>12.4}", last(&all), last(&few));
        assert!(abs_diff_eq!(last(&all), 1.0, epsilon = 0.01), "{name} learns the frequent feature");
        right = right.line(&format!("{name}, rate {lr}"), &few);
        rare.push(last(&few));
    }
    right = right.horizontal("goal", 1.0);
    assert!(abs_diff_eq!(rare[0], 1.0 - 0.99f64.powi(20), epsilon = 1e-12), "descent has seen it 20 times");
    assert!(rare[1] > 0.8 && rare[2] > 0.8, "the others have learnt it: {rare:?}");
    let figure = Figure::new("Rare words and rare features").panel(left).panel(right);
    save("34_sparse_features", &figure.svg());
}
