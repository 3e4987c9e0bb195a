use gradus::prelude::*;

fn main() {
    let mut rng = gradus::tensor::rng(0);
    let mut model = sequential![Linear::new(4, 16, &mut rng), Relu, Linear::new(16, 3, &mut rng)];
    let mut optimizer = Optimizer::new(AdamW::default(), 1e-2);
    let x = Tensor::randn([8, 4], &mut rng);
    let y = Tensor::from([0i64, 1, 2, 0, 1, 2, 0, 1]);
    for _ in 0..10 {
        let loss =
            optimizer.training_step(&mut model, |model, tape| model.forward(tape.constant(&x)).cross_entropy(&y));
        println!("{loss}");
    }
}
