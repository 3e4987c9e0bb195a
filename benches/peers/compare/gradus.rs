use gradus::autograd::Backward;
use gradus::nn::state_dict;
use gradus::params;
use gradus::prelude::*;

fn sine(x: Var<'_>) -> Var<'_> {
    let rule = |step: &mut Backward<'_>| step.give(0, step.x(0).cos() * step.dy());
    x.tape().custom("sine", &[x], |x| x[0].sin(), rule)
}

#[derive(Debug, Clone)]
struct Model {
    first: Linear,
    second: Linear,
}
params!(Model { first, second });

impl Model {
    fn new() -> Self {
        let mut generator = rng(0);
        Self { first: Linear::new(2, 8, &mut generator), second: Linear::new(8, 1, &mut generator) }
    }
}

impl Module for Model {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        self.second.forward(sine(self.first.forward(x)))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let x = Tensor::from([[0.0f32, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
    let y = Tensor::from([[0.0f32], [1.0], [1.0], [0.0]]);
    let mut model = Model::new();
    let mut optimizer = Optimizer::new(Adam::default(), 0.05);
    for _ in 0..300 {
        optimizer.training_step(&mut model, |model, tape| model.forward(tape.constant(&x)).mse(&y));
    }
    let loss = (model.predict(&x) - &y).square().mean().item();
    println!("{loss}");
    assert!(loss < 1e-6);
    assert!(gradcheck(|x| sine(x[0]), &[x.clone()]).passed());
    let file = std::env::temp_dir().join("xor.safetensors");
    state_dict::save(&model, &file)?;
    let mut other = Model::new();
    state_dict::load(&mut other, &file)?;
    assert_eq!(other.predict(&x), model.predict(&x));
    Ok(())
}
