//! The group `nn`: layers with a given state, in training and outside: results, gradients, new statistics.

use std::collections::BTreeMap;

use gradus_autograd::{ParamId, Params, Tape};
use gradus_nn::state_dict::{load_state_dict, state_dict};
use gradus_nn::{
    BatchNorm, Celu, Conv1d, Conv2d, Conv3d, ConvOptions, Dropout, Elu, Embedding, Flatten, Gelu, GeluTanh,
    Hardsigmoid, Hardswish, Identity, LayerNorm, LeakyRelu, Linear, LogSigmoid, LogSoftmax, Mish, Module,
    Relu, Selu, Sigmoid, Silu, Softmax, Softplus, Softshrink, Softsign, Tanh, Tanhshrink,
};
use gradus_tensor::{DType, Tensor, rng};
use safetensors::SafeTensors;
use serde_json::Value;

use crate::check::{compare, tensor, tolerance};

/// Runs one case.
///
/// # Errors
/// What differs; or a text beginning with `unsupported:`.
pub(crate) fn run(case: &Value, tensors: &SafeTensors<'_>) -> Result<(), String> {
    let read = |key: &Value| tensor(tensors, key.as_str().ok_or_else(|| format!("{key} is no key"))?);
    let mut layer = layer(&Given::of(case)?)?;
    layer.convert(DType::F64);
    let state = case["state_dict"].as_object().ok_or("no state_dict")?.iter();
    let state =
        state.map(|(name, key)| Ok((name.clone(), read(key)?))).collect::<Result<Vec<_>, String>>()?;
    load_state_dict(&mut layer, state).map_err(|e| e.to_string())?;
    for batch in case["previous_batches"].as_array().into_iter().flatten() {
        let tape = Tape::training(0);
        layer.forward(tape.constant(read(batch)?));
        apply(&mut layer, &tape.updates());
    }
    let tape = if case["mode"] == "train" { Tape::training(0) } else { Tape::new() };
    let input = read(&case["inputs"][0])?;
    let x = if input.dtype().is_float() { tape.var(input) } else { tape.constant(input) };
    let y = layer.forward(x);
    let (tol, seed) = (tolerance(case), read(&case["grad_outputs"][0])?);
    compare("output", &y.value(), &read(&case["outputs"][0])?, tol)?;
    let loss = Tensor::from(case["loss"].as_f64().ok_or("no loss")?);
    compare("loss", &(&y.value() * &seed).sum(), &loss, tol)?;
    let gradients = y.backward_with(&seed);
    if let Some(want) = case["grad_inputs"].get("in0") {
        compare("gradient in the input", &gradients.wrt(x), &read(want)?, tol)?;
    }
    for (name, want) in case["grad_params"].as_object().into_iter().flatten() {
        let params = layer.params();
        let (_, param) = params.iter().find(|(path, _)| path == name).ok_or(format!("no {name}"))?;
        let got = gradients.get(param).ok_or_else(|| format!("{name} has no gradient"))?;
        compare(&format!("gradient in {name}"), got, &read(want)?, tol)?;
    }
    let updates: Vec<_> = gradients.updates().map(|(id, value)| (id, value.clone())).collect();
    apply(&mut layer, &updates);
    for (name, value) in state_dict(&layer) {
        let want = case["state_dict_after"].get(&name).unwrap_or(&case["state_dict"][&name]);
        compare(&format!("{name} afterwards"), &value, &read(want)?, tol)?;
    }
    Ok(())
}

/// Puts new values of statistics into the layer.
fn apply(layer: &mut Box<dyn Module>, updates: &[(ParamId, Tensor)]) {
    layer.visit_mut("", &mut |_, param| {
        if let Some((_, value)) = updates.iter().find(|(id, _)| *id == param.id()) {
            param.set(value.clone());
        }
    });
}

/// The arguments of a constructor by name.
struct Given<'a> {
    module: &'a str,
    by_name: BTreeMap<&'a str, &'a Value>,
}

/// The names of the arguments that are understood, in PyTorch's order; the layer's name is ours.
fn signature(module: &str) -> Option<&'static [&'static str]> {
    Some(match module {
        "Linear" => &["in_features", "out_features", "bias"],
        "Conv1d" | "Conv2d" | "Conv3d" => {
            &["in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "bias"]
        }
        "BatchNorm1d" | "BatchNorm2d" | "BatchNorm3d" => {
            &["num_features", "eps", "momentum", "affine", "track_running_stats"]
        }
        "LayerNorm" => &["normalized_shape", "eps", "elementwise_affine", "bias"],
        "Embedding" => &["num_embeddings", "embedding_dim", "padding_idx"],
        "Dropout" => &["p"],
        "GELU" => &["approximate"],
        "LeakyReLU" => &["negative_slope"],
        "ELU" | "CELU" => &["alpha"],
        "Softshrink" => &["lambd"],
        "Softmax" | "LogSoftmax" => &["dim"],
        "Flatten" | "Identity" | "ReLU" | "Tanh" | "Sigmoid" | "SiLU" | "Mish" | "Softplus" | "SELU"
        | "LogSigmoid" | "Softsign" | "Tanhshrink" | "Hardsigmoid" | "Hardswish" => &[],
        _ => return None,
    })
}

impl<'a> Given<'a> {
    fn of(case: &'a Value) -> Result<Self, String> {
        let module = case["module"].as_str().ok_or("no module")?;
        let names = signature(module).ok_or_else(|| format!("unsupported: there is no layer {module}"))?;
        let args = case["args"].as_array().ok_or("no args")?;
        let named = case["kwargs"].as_object().into_iter().flatten().map(|(name, v)| (name.as_str(), v));
        let by_name: BTreeMap<&str, &Value> = names.iter().copied().zip(args).chain(named).collect();
        let extra = by_name.keys().find(|name| !names.contains(name));
        match extra {
            Some(name) => Err(format!("unsupported: {module} has no option {name}")),
            None if args.len() > names.len() => {
                Err(format!("unsupported: {module} takes no {}", args[names.len()]))
            }
            None => Ok(Self { module, by_name }),
        }
    }

    fn number(&self, name: &str, usual: f64) -> f64 {
        self.by_name.get(name).and_then(|v| v.as_f64()).unwrap_or(usual)
    }

    fn size(&self, name: &str, usual: usize) -> usize {
        self.number(name, usual as f64) as usize
    }

    fn flag(&self, name: &str) -> bool {
        self.by_name.get(name).is_none_or(|v| *v == &Value::Bool(true))
    }

    /// A size for each axis, or one for all.
    fn sizes(&self, name: &str, usual: usize) -> Result<Vec<usize>, String> {
        let one = |v: &Value| v.as_u64().map(|n| n as usize);
        let read = |v: &Value| {
            v.as_array().map_or_else(|| one(v).map(|n| vec![n]), |all| all.iter().map(one).collect())
        };
        let Some(value) = self.by_name.get(name) else { return Ok(vec![usual]) };
        read(value).ok_or_else(|| format!("unsupported: {} with {name} {value}", self.module))
    }

    /// As [`Self::sizes`], one for each of N axes.
    fn kernel<const N: usize>(&self) -> Result<[usize; N], String> {
        let sizes = self.sizes("kernel_size", 1)?;
        let all = if sizes.len() == 1 { vec![sizes[0]; N] } else { sizes };
        all.try_into().map_err(|_| "a kernel of another rank".to_string())
    }

    fn stride(&self) -> Result<ConvOptions, String> {
        Ok(ConvOptions {
            stride: self.sizes("stride", 1)?,
            padding: self.sizes("padding", 0)?,
            dilation: self.sizes("dilation", 1)?,
            groups: self.size("groups", 1),
        })
    }
}

fn layer(g: &Given<'_>) -> Result<Box<dyn Module>, String> {
    Ok(match g.module {
        "Linear" | "Conv1d" | "Conv2d" | "Conv3d" | "BatchNorm1d" | "BatchNorm2d" | "BatchNorm3d"
        | "LayerNorm" | "Embedding" => return with_parameters(g),
        "Dropout" => Box::new(Dropout { p: g.number("p", 0.5) }),
        "GELU" if g.by_name.get("approximate").is_some_and(|v| *v == "tanh") => Box::new(GeluTanh),
        "GELU" => Box::new(Gelu),
        "LeakyReLU" => Box::new(LeakyRelu { slope: g.number("negative_slope", 0.01) }),
        "ELU" => Box::new(Elu { alpha: g.number("alpha", 1.0) }),
        "CELU" => Box::new(Celu { alpha: g.number("alpha", 1.0) }),
        "Softshrink" => Box::new(Softshrink { lambda: g.number("lambd", 0.5) }),
        "Softmax" => Box::new(Softmax { axis: g.number("dim", -1.0) as isize }),
        "LogSoftmax" => Box::new(LogSoftmax { axis: g.number("dim", -1.0) as isize }),
        "Flatten" => Box::new(Flatten),
        "Identity" => Box::new(Identity),
        "ReLU" => Box::new(Relu),
        "Tanh" => Box::new(Tanh),
        "Sigmoid" => Box::new(Sigmoid),
        "SiLU" => Box::new(Silu),
        "Mish" => Box::new(Mish),
        "Softplus" => Box::new(Softplus),
        "SELU" => Box::new(Selu),
        "LogSigmoid" => Box::new(LogSigmoid),
        "Softsign" => Box::new(Softsign),
        "Tanhshrink" => Box::new(Tanhshrink),
        "Hardsigmoid" => Box::new(Hardsigmoid),
        "Hardswish" => Box::new(Hardswish),
        other => return Err(format!("unsupported: there is no layer {other}")),
    })
}

fn with_parameters(g: &Given<'_>) -> Result<Box<dyn Module>, String> {
    let rng = &mut rng(0);
    let (inputs, outputs) = (g.size("in_channels", 1), g.size("out_channels", 1));
    macro_rules! convolution {
        ($Conv:ident) => {{
            let layer = $Conv::new(inputs, outputs, g.kernel()?, g.stride()?, rng);
            let bias = layer.bias.filter(|_| g.flag("bias"));
            Box::new($Conv { weight: layer.weight, bias, how: layer.how })
        }};
    }
    Ok(match g.module {
        "Conv1d" => convolution!(Conv1d),
        "Conv2d" => convolution!(Conv2d),
        "Conv3d" => convolution!(Conv3d),
        "Linear" => {
            let layer = Linear::new(g.size("in_features", 1), g.size("out_features", 1), rng);
            Box::new(Linear { weight: layer.weight, bias: layer.bias.filter(|_| g.flag("bias")) })
        }
        "LayerNorm" => Box::new(layer_norm(g)?),
        "Embedding" => {
            let new = Embedding::new(g.size("num_embeddings", 1), g.size("embedding_dim", 1), rng);
            let padding = g.by_name.get("padding_idx").and_then(|v| v.as_u64());
            Box::new(padding.map_or(new.clone(), |row| new.with_padding(row as usize)))
        }
        _ => Box::new(batch_norm(g)),
    })
}

fn layer_norm(g: &Given<'_>) -> Result<LayerNorm, String> {
    let new = LayerNorm::new(&g.sizes("normalized_shape", 1)?[..]);
    let affine = g.flag("elementwise_affine");
    Ok(LayerNorm {
        weight: new.weight.filter(|_| affine),
        bias: new.bias.filter(|_| affine && g.flag("bias")),
        eps: g.number("eps", 1e-5),
        sizes: new.sizes,
    })
}

fn batch_norm(g: &Given<'_>) -> BatchNorm {
    let new = BatchNorm::new(g.size("num_features", 1));
    let affine = g.flag("affine");
    BatchNorm {
        weight: new.weight.filter(|_| affine),
        bias: new.bias.filter(|_| affine),
        running: new.running.filter(|_| g.flag("track_running_stats")),
        momentum: g.by_name.get("momentum").map_or(new.momentum, |v| v.as_f64()),
        eps: g.number("eps", 1e-5),
    }
}
