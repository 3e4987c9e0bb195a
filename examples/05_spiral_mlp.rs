//! A small network bends its boundary around three arms of a spiral; what it thinks of the plane is drawn as text.
//!
//! Batch normalisation and dropout are on in `training_step` and off in `predict`: there is nothing to switch.

use gradus::prelude::*;

/// Points on three arms, `[3n, 2]`, with the number of the arm as label.
fn spiral(n: usize, rng: &mut Rng) -> Dataset {
    let noise = Tensor::normal([3 * n], 0.0, 0.15, rng).to_f64_vec();
    let (mut points, mut labels) = (Vec::new(), Vec::new());
    for arm in 0..3 {
        for i in 0..n {
            let radius = (i + 1) as f64 / n as f64;
            let angle =
                4.0 * radius + 2.0 * std::f64::consts::PI * f64::from(arm) / 3.0 + noise[labels.len()];
            points.push([(radius * angle.cos()) as f32, (radius * angle.sin()) as f32]);
            labels.push(i64::from(arm));
        }
    }
    Dataset::new(Tensor::from(points), Tensor::from(labels))
}

/// The plane from -1 to 1, a letter for each class.
fn draw(model: &Sequential) {
    const ROWS: usize = 20;
    const COLUMNS: usize = 44;
    let at = |i: usize, n: usize| 2.0 * (i as f32 + 0.5) / n as f32 - 1.0;
    let points: Vec<[f32; 2]> =
        (0..ROWS).flat_map(|r| (0..COLUMNS).map(move |c| [at(c, COLUMNS), -at(r, ROWS)])).collect();
    let classes = model.predict(&Tensor::from(points)).argmax_axis(1, false).to_vec::<i64>();
    for row in classes.chunks(COLUMNS) {
        let line: String = row.iter().map(|&class| ['.', 'o', '#'][class as usize]).collect();
        println!("  {line}");
    }
}

fn main() {
    let quick = std::env::args().any(|a| a == "--quick");
    let (epochs, examples) = if quick { (20, 60) } else { (200, 100) };

    let mut generator = rng(1);
    let (train, test) = spiral(examples, &mut generator).split(0.25, 0);
    let mut model = sequential![
        Linear::new(2, 32, &mut generator),
        Tanh,
        Linear::new(32, 32, &mut generator),
        BatchNorm::new(32),
        Tanh,
        Dropout { p: 0.1 },
        Linear::new(32, 3, &mut generator),
    ];
    println!("{}", summary(&model));

    let loader = Loader { batch: 15, shuffle: Some(0), drop_last: false };
    let steps = epochs * loader.batches(train.len()) as u64;
    let mut optimizer = Optimizer::new(Adam::default(), Cosine { peak: 0.01, end: 0.0, steps });
    for epoch in 0..epochs {
        let mut sum = 0.0;
        for batch in loader.epoch(&train, epoch) {
            let loss = optimizer.training_step(&mut model, |model, tape| {
                model.forward(tape.constant(&batch.inputs)).cross_entropy(&batch.labels)
            });
            sum += loss * batch.len() as f64;
        }
        if (epoch + 1) % (epochs / 5) == 0 {
            let right = accuracy(&model.predict(&test.inputs), &test.labels);
            println!(
                "epoch {:>3}  loss {:.4}  test accuracy {right:.3}",
                epoch + 1,
                sum / train.len() as f64
            );
        }
    }
    println!();
    draw(&model);
    let right = accuracy(&model.predict(&test.inputs), &test.labels);
    assert!(quick || right > 0.9, "test accuracy {right}");
}
