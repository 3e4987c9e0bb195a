//! Temporal order: a hundred letters, among them two or three that count, and the class is the order in which they came.
//!
//! Each of those is an X or a Y, far from the others and far from the end; all the rest is chance. So two of them make four
//! classes, three make eight. The network is asked once, after the last letter.
//!
//! Experiments 6a and 6b of Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997: solved when the 2,000 most recent
//! sequences were right. Right means an error of at most 0.3; here, a probability of at least 0.7.

#[path = "common/published.rs"]
mod published;

use gradus::prelude::*;
use published::Published;

const BATCH: usize = 32;
const HIDDEN: usize = 32;

/// One of the two experiments: where the letters that count may lie, and what the paper found.
struct Task {
    name: &'static str,
    places: &'static [[i64; 2]],
    published: [&'static str; 2],
}

const TASKS: [Task; 2] = [
    Task { name: "6a, two letters", places: &[[10, 20], [50, 60]], published: ["31,390", "1"] },
    Task { name: "6b, three letters", places: &[[10, 20], [33, 43], [66, 76]], published: ["571,100", "2"] },
];

/// Sequences of one length from 100 to 110, `[time, n, 8]`: E, chance among a to d with an X or a Y at each place, B. And the class.
fn sequences(n: usize, places: &[[i64; 2]], rng: &mut Rng) -> (Tensor, Tensor) {
    let steps = Tensor::randint(100, 111, [1], rng).item() as usize;
    let mut letters = Tensor::randint(2, 6, [steps, n], rng).to_vec::<i64>();
    letters[..n].fill(0);
    letters[(steps - 1) * n..].fill(1);
    let mut classes = vec![0; n];
    for [from, to] in places {
        let at = Tensor::randint(*from, to + 1, [n], rng).to_vec::<i64>();
        let which = Tensor::randint(0, 2, [n], rng).to_vec::<i64>();
        for i in 0..n {
            letters[at[i] as usize * n + i] = 6 + which[i];
            classes[i] = 2 * classes[i] + which[i];
        }
    }
    (Tensor::one_hot(&Tensor::from_vec(letters, [steps, n]), 8), Tensor::from_vec(classes, [n]))
}

/// How many have a probability below 0.7 for their class.
fn wrong(outputs: &Tensor, classes: &Tensor) -> usize {
    let of_class = outputs.softmax(1).gather(1, &classes.unsqueeze(1));
    of_class.to_f64_vec().into_iter().filter(|p| *p < 0.7).count()
}

/// What one training came to.
struct Run {
    first: f64,
    last: f64,
    seen: f64,
    solved: bool,
    /// Of 2,560 new sequences.
    wrong: f64,
}

fn train(task: &Task, steps: usize, seed: u64) -> Run {
    let mut generator = rng(seed);
    let classes = 1 << task.places.len();
    let mut model = sequential![
        Lstm::new(8, HIDDEN, &mut generator).forget_bias(4.0),
        Linear::new(HIDDEN, classes, &mut generator)
    ];
    let mut optimizer = Optimizer::new(Adam::default(), 1e-3).clip_norm(1.0);
    let mut run = Run { first: 0.0, last: 0.0, seen: 0.0, solved: false, wrong: 0.0 };
    let mut right_in_a_row = 0;
    let mut losses = Vec::new();
    for _ in 0..steps {
        let (x, class) = sequences(BATCH, task.places, &mut generator);
        let mut mistakes = 0;
        let loss = optimizer.training_step(&mut model, |model, tape| {
            let outputs = model.forward(tape.constant(&x)).select(0, -1);
            mistakes = wrong(&outputs.value(), &class);
            outputs.cross_entropy(&class)
        });
        // The loss of a batch is chance at first: the mean of the first ones counts, and of the latest.
        losses.push(loss);
        run.seen += BATCH as f64;
        right_in_a_row = if mistakes == 0 { right_in_a_row + BATCH } else { 0 };
        run.solved = right_in_a_row >= 2000;
        if run.solved {
            break;
        }
    }
    let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
    let some = losses.len() / 5;
    (run.first, run.last) = (mean(&losses[..some]), mean(&losses[losses.len() - some..]));
    for _ in 0..10 {
        let (x, class) = sequences(256, task.places, &mut generator);
        run.wrong += wrong(&model.predict(&x).select(0, -1), &class) as f64;
    }
    run
}

fn main() {
    let source = "Hochreiter and Schmidhuber 1997, experiments 6a and 6b";
    let published = Published::new("Temporal order, 100 steps", source, 5);
    for task in TASKS {
        let steps = if published.quick { 100 } else { 15_000 };
        let runs: Vec<Run> = (0..published.seeds).map(|seed| train(&task, steps, seed)).collect();
        for run in &runs {
            published.falls("the loss", run.first, run.last);
        }
        let of = |f: &dyn Fn(&Run) -> f64| runs.iter().map(f).collect::<Vec<_>>();
        let solved = runs.iter().filter(|run| run.solved).count();
        println!("{}: solved by {solved} of {} seeds", task.name, runs.len());
        published.row("  sequences seen until solved", task.published[0], &of(&|run| run.seen));
        published.row("  wrong of 2,560", task.published[1], &of(&|run| run.wrong));
        assert!(published.quick || solved == runs.len(), "{solved} of {} seeds", runs.len());
    }
    published.done();
}
