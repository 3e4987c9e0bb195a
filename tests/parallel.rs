//! Threads that share a model, each with a tape of its own: the sum of their gradients is that of one thread, bit by bit.

use std::thread;

use gradus::prelude::*;

const PARTS: usize = 4;

fn model(seed: u64) -> Sequential {
    let mut rng = rng(seed);
    sequential![
        Linear::new(20, 64, &mut rng),
        Tanh,
        Dropout { p: 0.25 },
        Linear::new(64, 64, &mut rng),
        Gelu,
        Linear::new(64, 5, &mut rng),
    ]
}

fn data(examples: usize) -> Dataset {
    let mut rng = rng(9);
    let labels = Tensor::randint(0, 5, [examples], &mut rng);
    Dataset::new(Tensor::randn([examples, 20], &mut rng), labels)
}

/// The gradient of one part of the batch, weighted so that the parts add up to the mean over all.
fn part_gradient(model: &Sequential, part: &Dataset, number: usize) -> Gradients {
    let (_, mut grads) = training_step(number as u64, |tape| {
        model.forward(tape.constant(&part.inputs)).cross_entropy(&part.labels)
    });
    grads.scale(1.0 / PARTS as f64);
    grads
}

fn parts(data: &Dataset) -> Vec<Dataset> {
    let size = data.len() / PARTS;
    (0..PARTS).map(|i| data.narrow(i * size, size)).collect()
}

fn bits(model: &Sequential, grads: &Gradients) -> Vec<Vec<f64>> {
    model
        .params()
        .iter()
        .map(|(_, p)| grads.get(p).expect("every parameter has a gradient").to_f64_vec())
        .collect()
}

#[test]
fn four_threads_sum_to_the_gradient_of_one() {
    // Small enough for the tape's own memory, and large enough for pooled tensors and parallel kernels.
    for examples in [8, 4096] {
        let (model, data) = (model(1), data(examples));
        let (parts, shared) = (parts(&data), &model);
        let alone = parts.iter().enumerate().map(|(i, part)| part_gradient(shared, part, i));
        let alone = alone.reduce(|a, b| a + b).expect("there are parts");
        let together = thread::scope(|scope| {
            let spawn = |(i, part)| scope.spawn(move || part_gradient(shared, part, i));
            let handles: Vec<_> = parts.iter().enumerate().map(spawn).collect();
            handles.into_iter().map(|h| h.join().expect("no thread panics")).reduce(|a, b| a + b)
        });
        let together = together.expect("there are parts");
        assert_eq!(bits(&model, &alone), bits(&model, &together), "{examples} examples");
    }
}

#[test]
fn the_parts_add_up_to_the_whole() {
    let (mut model, mut data) = (model(2), data(64));
    // Without dropout, which draws for each part anew, and in F64.
    model.layers.remove(2);
    model.convert(DType::F64);
    data.inputs = data.inputs.to(DType::F64);
    let (_, whole) =
        value_and_grad(|tape| model.forward(tape.constant(&data.inputs)).cross_entropy(&data.labels));
    let sum =
        parts(&data).iter().enumerate().map(|(i, part)| part_gradient(&model, part, i)).reduce(|a, b| a + b);
    let sum = sum.expect("there are parts");
    for (name, p) in model.params() {
        let difference = whole.get(p).unwrap().max_abs_diff(sum.get(p).unwrap());
        assert!(difference < 1e-15, "{name}: {difference}");
    }
}

#[test]
fn a_training_has_the_same_bits_on_any_number_of_threads() {
    let train = |threads: usize| {
        gradus::set_threads(threads);
        let (mut model, data) = (model(3), data(2048));
        let mut optimizer = Optimizer::new(AdamW::default(), 1e-3).clip_norm(1.0);
        let loader = Loader { batch: 512, shuffle: Some(4), drop_last: false };
        for (step, batch) in (0..3).flat_map(|epoch| loader.epoch(&data, epoch)).enumerate() {
            let (_, grads) = training_step(step as u64, |tape| {
                model.forward(tape.constant(&batch.inputs)).cross_entropy(&batch.labels)
            });
            optimizer.step(&mut model, &grads);
        }
        model.params().iter().map(|(_, p)| p.value().to_f64_vec()).collect::<Vec<_>>()
    };
    let one = train(1);
    assert_eq!(one, train(2));
    assert_eq!(one, train(4));
}
