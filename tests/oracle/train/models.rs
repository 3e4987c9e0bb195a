//! The models of the group `train`, with PyTorch's names; their sizes are those of the state they begin with.

use gradus_autograd::ops::{Attention, ConvOptions, Pool};
use gradus_autograd::{Param, Params, Tape, Var, params};
use gradus_nn::{BatchNorm, Conv2d, Embedding, LayerNorm, Linear, Module, Sequential, Tanh, sequential};
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

    fn param(&self, name: &str) -> Result<Param, String> {
        Ok(Param::new(Tensor::zeros(self.of(name)?)))
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
        Some("lstm") => Box::new(Lstm {
            emb: shapes.embedding("emb")?,
            rnn: Recurrence {
                weight_ih_l0: shapes.param("rnn.weight_ih_l0")?,
                weight_hh_l0: shapes.param("rnn.weight_hh_l0")?,
                bias_ih_l0: shapes.param("rnn.bias_ih_l0")?,
                bias_hh_l0: shapes.param("rnn.bias_hh_l0")?,
            },
            out: shapes.linear("out")?,
        }),
        Some("transformer") => Box::new(Transformer {
            pos: shapes.param("pos")?,
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

struct Recurrence {
    weight_ih_l0: Param,
    weight_hh_l0: Param,
    bias_ih_l0: Param,
    bias_hh_l0: Param,
}
params!(Recurrence { weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0 });

impl Recurrence {
    /// The hidden states `[N, T, H]` of inputs `[N, T, E]`, from zeros.
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let tape = x.tape();
        let shape = x.shape();
        let width = self.weight_hh_l0.shape()[1];
        let of_inputs = x.linear(tape.param(&self.weight_ih_l0), Some(tape.param(&self.bias_ih_l0)));
        let mut h = tape.constant(Tensor::zeros_of([shape[0], width], x.dtype()));
        let (mut c, mut all) = (h, vec![]);
        for t in 0..shape[1] as isize {
            let of_state = h.linear(tape.param(&self.weight_hh_l0), Some(tape.param(&self.bias_hh_l0)));
            let gates = (of_inputs.select(1, t) + of_state).split(-1, &[width; 4]);
            c = gates[1].sigmoid() * c + gates[0].sigmoid() * gates[2].tanh();
            h = gates[3].sigmoid() * c.tanh();
            all.push(h);
        }
        Var::stack(&all, 1)
    }
}

struct Lstm {
    emb: Embedding,
    rnn: Recurrence,
    out: Linear,
}
params!(Lstm { emb, rnn, out });

impl Trained for Lstm {
    fn loss<'t>(&self, tape: &'t Tape, x: &Tensor, y: &Tensor) -> Var<'t> {
        let x = self.emb.forward(tape.constant(x));
        self.out.forward(self.rnn.forward(x)).cross_entropy(y)
    }
}

struct SelfAttention {
    in_proj_weight: Param,
    in_proj_bias: Param,
    out_proj: Linear,
    heads: usize,
}
params!(SelfAttention { in_proj_weight, in_proj_bias, out_proj });

struct Encoder {
    self_attn: SelfAttention,
    linear1: Linear,
    linear2: Linear,
    norm1: LayerNorm,
    norm2: LayerNorm,
    norm_first: bool,
}
params!(Encoder { self_attn, linear1, linear2, norm1, norm2 });

fn encoder(shapes: &Shapes<'_>, args: &Value) -> Result<Encoder, String> {
    Ok(Encoder {
        self_attn: SelfAttention {
            in_proj_weight: shapes.param("enc.self_attn.in_proj_weight")?,
            in_proj_bias: shapes.param("enc.self_attn.in_proj_bias")?,
            out_proj: shapes.linear("enc.self_attn.out_proj")?,
            heads: args["H"].as_u64().ok_or("no number of heads")? as usize,
        },
        linear1: shapes.linear("enc.linear1")?,
        linear2: shapes.linear("enc.linear2")?,
        norm1: shapes.layer_norm("enc.norm1")?,
        norm2: shapes.layer_norm("enc.norm2")?,
        norm_first: args["norm_first"] == true,
    })
}

impl SelfAttention {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let (tape, shape) = (x.tape(), x.shape());
        let (n, steps, width) = (shape[0], shape[1], shape[2]);
        let all = x.linear(tape.param(&self.in_proj_weight), Some(tape.param(&self.in_proj_bias)));
        let heads = |x: Var<'t>| x.reshape([n, steps, self.heads, width / self.heads]).transpose(1, 2);
        let parts: Vec<Var<'t>> = all.split(-1, &[width; 3]).into_iter().map(heads).collect();
        let how = Attention { causal: true, ..Attention::default() };
        let seen = parts[0].attention(parts[1], parts[2], &how);
        self.out_proj.forward(seen.transpose(1, 2).reshape([n, steps, width]))
    }
}

impl Encoder {
    fn forward<'t>(&self, x: Var<'t>) -> Var<'t> {
        let further = |x: Var<'t>| self.linear2.forward(self.linear1.forward(x).gelu());
        if self.norm_first {
            let x = x + self.self_attn.forward(self.norm1.forward(x));
            return x + further(self.norm2.forward(x));
        }
        let x = self.norm1.forward(x + self.self_attn.forward(x));
        self.norm2.forward(x + further(x))
    }
}

struct Transformer {
    pos: Param,
    emb: Embedding,
    enc: Encoder,
    ln: LayerNorm,
    out: Linear,
}
params!(Transformer { pos, emb, enc, ln, out });

impl Trained for Transformer {
    fn loss<'t>(&self, tape: &'t Tape, x: &Tensor, y: &Tensor) -> Var<'t> {
        let steps = x.shape()[1];
        let x = self.emb.forward(tape.constant(x)) + tape.param(&self.pos).narrow(0, 0, steps);
        self.out.forward(self.ln.forward(self.enc.forward(x))).cross_entropy(y)
    }
}
