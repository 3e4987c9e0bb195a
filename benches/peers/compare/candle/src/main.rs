use candle_core::{CpuStorage, CustomOp1, DType, Device, Layout, Result, Shape, Tensor};
use candle_nn::{linear, loss, AdamW, Linear, Module, Optimizer, ParamsAdamW, VarBuilder, VarMap};

struct Sine;

impl CustomOp1 for Sine {
    fn name(&self) -> &'static str {
        "sine"
    }
    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (from, to) = layout.contiguous_offsets().expect("a contiguous input");
        let y = storage.as_slice::<f32>()?[from..to].iter().map(|x| x.sin()).collect();
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }
    fn bwd(&self, x: &Tensor, _: &Tensor, dy: &Tensor) -> Result<Option<Tensor>> {
        Ok(Some(dy.mul(&x.cos()?)?))
    }
}

struct Model(Linear, Linear);

impl Model {
    fn new(vars: &VarMap, device: &Device) -> Result<Self> {
        let names = VarBuilder::from_varmap(vars, DType::F32, device);
        Ok(Self(linear(2, 8, names.pp("0"))?, linear(8, 1, names.pp("2"))?))
    }
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.1.forward(&self.0.forward(x)?.apply_op1(Sine)?)
    }
}

fn main() -> Result<()> {
    let device = Device::Cpu;
    let x = Tensor::new(&[[0f32, 0.], [0., 1.], [1., 0.], [1., 1.]], &device)?;
    let y = Tensor::new(&[[0f32], [1.], [1.], [0.]], &device)?;
    let vars = VarMap::new();
    let model = Model::new(&vars, &device)?;
    let rate = ParamsAdamW { lr: 0.05, weight_decay: 0.0, ..ParamsAdamW::default() };
    let mut optimizer = AdamW::new(vars.all_vars(), rate)?;
    for _ in 0..300 {
        optimizer.backward_step(&loss::mse(&model.forward(&x)?, &y)?)?;
    }
    println!("{}", loss::mse(&model.forward(&x)?, &y)?);
    vars.save("xor.safetensors")?;
    let mut again = VarMap::new();
    let other = Model::new(&again, &device)?;
    again.load("xor.safetensors")?;
    println!("{}", other.forward(&x)?.sub(&model.forward(&x)?)?.abs()?.max_all()?);
    Ok(())
}
