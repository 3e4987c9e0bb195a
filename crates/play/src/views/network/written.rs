// Cargo.toml: gradus = { git = "…" } or a path to the repository.
use gradus::data::generate::*;
use gradus::nn::*;
use gradus::optim::{OptimizerSpec, schedule};
use gradus::prelude::*;

fn main() {
    let data = Moons { n: 40, noise: 0.15, ..Moons::default() }.dataset(0);
    let data = Dataset::new(data.inputs, data.labels.to(DType::F32) * 2.0 - 1.0);
    let (train, test) = data.split(0.25, 0);

    let mut rng = rng(0);
    let mut model = sequential![
        Linear::new(2, 6, &mut rng),
        BatchNorm::new(6),
        LeakyRelu::default(),
        Dropout { p: 0.1 },
        Linear::new(6, 5, &mut rng),
        BatchNorm::new(5),
        LeakyRelu::default(),
        Dropout { p: 0.1 },
        Linear::new(5, 1, &mut rng),
    ];
    let spec: OptimizerSpec = "adam:beta1=0.8".parse().unwrap();
    let mut optimizer = Optimizer::new(spec.rule(), schedule::parse("cosine(0.02, 50)").unwrap()).seed(0);
    let loader = Loader { batch: 8, shuffle: Some(0), drop_last: false };
    let batches = (0..).flat_map(|epoch| loader.epoch(&train, epoch)).filter(|batch| batch.len() > 1);
    for (step, batch) in batches.take(5).enumerate() {
        let loss = optimizer.training_step(&mut model, |model, tape| {
            let (scores, targets) = (model.forward(tape.constant(&batch.inputs)), tape.constant(&batch.labels));
            (1.0 - scores.flatten() * targets).relu().mean()
        });
        if step % 100 == 0 || step + 1 == 5 {
            println!("step {step:>5}  loss {loss}");
        }
    }
    let scores = model.predict(&test.inputs);
    println!("scores of the held-out points: {scores}");
}
