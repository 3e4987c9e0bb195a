use dfdx::optim::{Adam, AdamConfig, Optimizer};
use dfdx::prelude::*;

type Model = ((Linear<2, 8>, Sin), Linear<8, 1>);

fn main() {
    let device = Cpu::default();
    let x: Tensor<Rank2<4, 2>, f32, _> = device.tensor([[0., 0.], [0., 1.], [1., 0.], [1., 1.]]);
    let y: Tensor<Rank2<4, 1>, f32, _> = device.tensor([[0.], [1.], [1.], [0.]]);
    let mut model = device.build_module::<Model, f32>();
    let mut gradients = model.alloc_grads();
    let mut optimizer = Adam::new(&model, AdamConfig { lr: 0.05, ..Default::default() });
    for _ in 0..300 {
        let loss = mse_loss(model.forward(x.clone().traced(gradients)), y.clone());
        gradients = loss.backward();
        optimizer.update(&mut model, &gradients).unwrap();
        model.zero_grads(&mut gradients);
    }
    println!("{}", mse_loss(model.forward(x.clone()), y).array());
    model.save_safetensors("xor.safetensors").unwrap();
    let mut other = device.build_module::<Model, f32>();
    other.load_safetensors("xor.safetensors").unwrap();
    println!("{:?}", (other.forward(x.clone()) - model.forward(x)).abs().max::<Rank0, _>().array());
}
