//! The models of the group `train`, with PyTorch's names; their sizes are those of the state they begin with.

use gradus_autograd::ops::{ConvOptions, Pool};
use gradus_autograd::{Param, Params, Tape, Var, params};
use gradus_nn::{
    BatchNorm, Conv2d, Embedding, EncoderMasks, LayerNorm, Linear, Lstm, Module, RecurrentOptions,
    Sequential, Tanh, TransformerEncoderLayer, TransformerOptions, sequential,
};
use gradus_tensor::{Shape, Tensor, rng};
use serde_json::Value;

/// A model with its loss.
pub(super) trait Trained: Params {
    fn loss<'t>(&self, tape: &'t Tape, x: &Tensor, y: &Tensor) -> Var<'t>;
}

/// The shapes of a state by name.
struct Shapes<'a>(&'a [(String, Tensor)]);

impl Shapes<'_> {
    fn of(&self, name: &str) -> Result<Shape, String> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| *value.shape()).ok_or(format!("the state has no {name}"))
    }

    fn linear(&self, name: &str) -> Result<Linear, String> {
        let shape = self.of(&format!("{name}.weight"))?;
        Ok(Linear::new(shape[1], shape[0], &mut rng(0)))
    }

    fn conv(&self, name: &str, padding: usize) -> Result<Conv2d, String> {
        let shape = self.of(&format!("{name}.weight"))?;
        let how = ConvOptions { padding: padding.into(), ..ConvOptions::default() };
        Ok(Conv2d::new(shape[1], shape[0], [shape[2], shape[3]], how, &mut rng(0)))
    }

    fn embedding(&self, name: &str) -> Result<Embedding, String> {
        let shape = self.of(&format!("{name}.weight"))?;
        Ok(Embedding::new(shape[0], shape[1], &mut rng(0)))
    }

    fn layer_norm(&self, name: &str) -> Result<LayerNorm, String> {
        Ok(LayerNorm::new(self.of(&format!("{name}.weight"))?))
    }
}

/// The model of a case.
///
/// # Errors
/// A text beginning with `unsupported:`, or what is missing.
pub(super) fn build(case: &Value, state: &[(String, Tensor)]) -> Result<Box<dyn Trained>, String> {
    let shapes = Shapes(state);
    let args = &case["model_args"];
    Ok(match case["model"].as_str() {
        Some("mlp") => Box::new(sequential![shapes.linear("0")?, Tanh, shapes.linear("2")?]),
        Some("cnn") => Box::new(Cnn {
            conv1: shapes.conv("conv1", 1)?,
            bn: BatchNorm::new(shapes.of("bn.weight")?[0]),
            conv2: shapes.conv("conv2", 0)?,
            fc: shapes.linear("fc")?,
        }),
        Some("lstm") => {
            Box::new(Words { emb: shapes.embedding("emb")?, rnn: lstm(&shapes)?, out: shapes.linear("out")? })
        }
        Some("transformer") => Box::new(Places {
            pos: Param::new(Tensor::zeros(shapes.of("pos")?)),
            emb: shapes.embedding("emb")?,
            enc: encoder(&shapes, args)?,
            ln: shapes.layer_norm("ln")?,
            out: shapes.linear("out")?,
        }),
        other => return Err(format!("unsupported: model {other:?}")),
    })
}

impl Trained for Sequential {
    fn loss<'t>(&self, tape: &'t Tape, x: &Tensor, y: &Tensor) -> Var<'t> {
        self.forward(tape.constant(x)).mse(y)
    }
}

struct Cnn {
    conv1: Conv2d,
    bn: BatchNorm,
    conv2: Conv2d,
    fc: Linear,
}
params!(Cnn { conv1, bn, conv2, fc });

impl Trained for Cnn {
    fn loss<'t>(&self, tape: &'t Tape, x: &Tensor, y: &Tensor) -> Var<'t> {
        let x = self.bn.forward(self.conv1.forward(tape.constant(x))).relu();
        let x = self.conv2.forward(x.max_pool(&Pool::of(2)).0).relu();
        self.fc.forward(x.mean_axes([2, 3])).cross_entropy(y)
    }
}

struct Words {
    emb: Embedding,
    rnn: Lstm,
    out: Linear,
}
params!(Words { emb, rnn, out });

fn lstm(shapes: &Shapes<'_>) -> Result<Lstm, String> {
    let (inputs, hidden) = (shapes.of("rnn.weight_ih_l0")?[1], shapes.of("rnn.weight_hh_l0")?[1]);
    let how = RecurrentOptions { batch_first: true, ..RecurrentOptions::default() };
    Ok(Lstm::with_options(inputs, hidden, &how, &mut rng(0)))
}

impl Trained for Words {
    fn loss<'t>(&self, tape: &'t Tape, x: &Tensor, y: &Tensor) -> Var<'t> {
        let x = self.emb.forward(tape.constant(x));
        self.out.forward(self.rnn.run(x, None).0).cross_entropy(y)
    }
}

struct Places {
    pos: Param,
    emb: Embedding,
    enc: TransformerEncoderLayer,
    ln: LayerNorm,
    out: Linear,
}
params!(Places { pos, emb, enc, ln, out });

fn encoder(shapes: &Shapes<'_>, args: &Value) -> Result<TransformerEncoderLayer, String> {
    let inner = shapes.of("enc.linear1.weight")?;
    let how = TransformerOptions {
        dim_feedforward: inner[0],
        dropout: 0.0,
        activation: |x| x.gelu(),
        batch_first: true,
        norm_first: args["norm_first"] == true,
        ..TransformerOptions::default()
    };
    let heads = args["H"].as_u64().ok_or("no number of heads")? as usize;
    Ok(TransformerEncoderLayer::with_options(inner[1], heads, &how, &mut rng(0)))
}

impl Trained for Places {
    fn loss<'t>(&self, tape: &'t Tape, x: &Tensor, y: &Tensor) -> Var<'t> {
        let steps = x.shape()[1];
        let x = self.emb.forward(tape.constant(x)) + tape.param(&self.pos).narrow(0, 0, steps);
        let causal = EncoderMasks { is_causal: true, ..EncoderMasks::default() };
        self.out.forward(self.ln.forward(self.enc.encode(x, &causal))).cross_entropy(y)
    }
}
