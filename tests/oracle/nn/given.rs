//! What a case hands over: the arguments of a constructor, and those of a call.

use std::collections::BTreeMap;

use gradus_autograd::{Tape, Var};
use gradus_tensor::Tensor;
use safetensors::SafeTensors;
use serde_json::Value;

use crate::check::tensor;

/// Arguments by name. What is missing or `null` has its usual value.
pub(crate) struct Options<'a> {
    /// PyTorch's name of the class.
    pub(crate) module: &'a str,
    by_name: BTreeMap<&'a str, &'a Value>,
    tensors: &'a SafeTensors<'a>,
}

impl<'a> Options<'a> {
    /// Those of a constructor with this signature, `"in_features out_features bias"`.
    ///
    /// # Errors
    /// If there is an argument that the signature does not have.
    pub(crate) fn of_constructor(
        case: &'a Value,
        signature: &'a str,
        tensors: &'a SafeTensors<'a>,
    ) -> Result<Self, String> {
        let module = case["module"].as_str().ok_or("no module")?;
        let names: Vec<&str> = signature.split_whitespace().collect();
        let args = case["args"].as_array().ok_or("no args")?;
        if args.len() > names.len() {
            return Err(format!("unsupported: {module} takes no {}", args[names.len()]));
        }
        let named = case["kwargs"].as_object().into_iter().flatten().map(|(name, v)| (name.as_str(), v));
        let by_name: BTreeMap<&str, &Value> = names.iter().copied().zip(args).chain(named).collect();
        match by_name.keys().find(|name| !names.contains(name)) {
            Some(name) => Err(format!("unsupported: {module} has no option {name}")),
            None => Ok(Self { module, by_name, tensors }),
        }
    }

    /// All that is given and not `null`.
    pub(crate) fn given(&self) -> impl Iterator<Item = (&'a str, &'a Value)> + '_ {
        self.by_name.iter().map(|(name, value)| (*name, *value)).filter(|(_, value)| !value.is_null())
    }

    /// The value of an argument, if it is given and not `null`.
    pub(crate) fn get(&self, name: &str) -> Option<&'a Value> {
        self.by_name.get(name).copied().filter(|value| !value.is_null())
    }

    /// Whether an argument is given as `null`, where its usual value is another.
    pub(crate) fn is_null(&self, name: &str) -> bool {
        self.by_name.get(name).is_some_and(|value| value.is_null())
    }

    pub(crate) fn number(&self, name: &str, usual: f64) -> f64 {
        let read = |v: &Value| v.as_f64().or_else(|| v.as_str()?.parse().ok());
        self.get(name).and_then(read).unwrap_or(usual)
    }

    pub(crate) fn size(&self, name: &str, usual: usize) -> usize {
        self.number(name, usual as f64) as usize
    }

    pub(crate) fn flag(&self, name: &str, usual: bool) -> bool {
        self.get(name).and_then(Value::as_bool).unwrap_or(usual)
    }

    pub(crate) fn text(&self, name: &str, usual: &'a str) -> &'a str {
        self.get(name).and_then(Value::as_str).unwrap_or(usual)
    }

    /// A number for each axis, or one for all; negative ones too.
    ///
    /// # Errors
    /// If it is given and no list of whole numbers.
    pub(crate) fn integers(&self, name: &str) -> Result<Option<Vec<isize>>, String> {
        let one = |v: &Value| v.as_i64().map(|n| n as isize);
        let Some(value) = self.get(name) else { return Ok(None) };
        let all =
            value.as_array().map_or_else(|| one(value).map(|n| vec![n]), |all| all.iter().map(one).collect());
        all.map(Some).ok_or_else(|| format!("unsupported: {} with {name} {value}", self.module))
    }

    /// As [`Self::integers`], of sizes, with a usual one.
    pub(crate) fn sizes(&self, name: &str, usual: usize) -> Result<Vec<usize>, String> {
        let all = self.integers(name)?.unwrap_or_else(|| vec![usual as isize]);
        Ok(all.into_iter().map(|n| n as usize).collect())
    }

    /// As [`Self::sizes`], one for each of N axes.
    pub(crate) fn each<const N: usize>(&self, name: &str, usual: usize) -> Result<[usize; N], String> {
        let sizes = self.sizes(name, usual)?;
        let all = if sizes.len() == 1 { vec![sizes[0]; N] } else { sizes };
        all.try_into().map_err(|_| format!("{name} of another rank"))
    }

    /// A number for each axis, or one for all.
    ///
    /// # Errors
    /// If it is given and no list of numbers.
    pub(crate) fn numbers(&self, name: &str) -> Result<Option<Vec<f64>>, String> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let all = match value.as_array() {
            Some(all) => all.iter().map(Value::as_f64).collect(),
            None => value.as_f64().map(|one| vec![one]),
        };
        all.map(Some).ok_or_else(|| format!("unsupported: {} with {name} {value}", self.module))
    }

    /// A tensor, if one is given.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn tensor(&self, name: &str) -> Result<Option<Tensor>, String> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let key = value["t"].as_str().ok_or_else(|| format!("{name} is no tensor: {value}"))?;
        tensor(self.tensors, key).map(Some)
    }
}

/// An input of a call.
pub(crate) enum Input<'t> {
    Missing,
    One(Var<'t>),
    Several(Vec<Var<'t>>),
}

/// The inputs of a call and its named arguments.
pub(crate) struct Call<'a, 't> {
    pub(crate) tape: &'t Tape,
    inputs: Vec<Input<'t>>,
    pub(crate) options: Options<'a>,
}

impl<'a, 't> Call<'a, 't> {
    pub(crate) fn of(
        inputs: &Value,
        named: &'a Value,
        tensors: &'a SafeTensors<'a>,
        tape: &'t Tape,
    ) -> Result<Self, String> {
        let one = |key: &Value| {
            let value = tensor(tensors, key.as_str().ok_or_else(|| format!("{key} is no key"))?)?;
            Ok::<_, String>(if value.dtype().is_float() { tape.var(value) } else { tape.constant(value) })
        };
        let input = |value: &Value| match value {
            Value::Null => Ok(Input::Missing),
            Value::Array(all) => all.iter().map(one).collect::<Result<_, _>>().map(Input::Several),
            key => one(key).map(Input::One),
        };
        let inputs = inputs.as_array().ok_or("no inputs")?.iter().map(input).collect::<Result<_, _>>()?;
        let by_name = named.as_object().into_iter().flatten().map(|(name, v)| (name.as_str(), v)).collect();
        Ok(Self { tape, inputs, options: Options { module: "the call", by_name, tensors } })
    }

    /// The input at a place.
    ///
    /// # Errors
    /// If it is missing, or a tuple.
    pub(crate) fn input(&self, place: usize) -> Result<Var<'t>, String> {
        self.optional(place)?.ok_or_else(|| format!("input {place} is missing"))
    }

    /// The input at a place, if there is one.
    ///
    /// # Errors
    /// If it is a tuple.
    pub(crate) fn optional(&self, place: usize) -> Result<Option<Var<'t>>, String> {
        match self.inputs.get(place) {
            None | Some(Input::Missing) => Ok(None),
            Some(Input::One(var)) => Ok(Some(*var)),
            Some(Input::Several(_)) => Err(format!("input {place} is a tuple")),
        }
    }

    /// All inputs.
    ///
    /// # Errors
    /// If one is missing, or a tuple.
    pub(crate) fn all(&self) -> Result<Vec<Var<'t>>, String> {
        (0..self.inputs.len()).map(|place| self.input(place)).collect()
    }

    /// The parts of the input at a place: of a tuple all, else the one.
    pub(crate) fn parts(&self, place: usize) -> Vec<Var<'t>> {
        match self.inputs.get(place) {
            None | Some(Input::Missing) => Vec::new(),
            Some(Input::One(var)) => vec![*var],
            Some(Input::Several(all)) => all.clone(),
        }
    }

    /// The input of a name: `in0`, or `in1_0` for a part of a tuple.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn named(&self, name: &str) -> Result<Var<'t>, String> {
        let numbers = name.strip_prefix("in").map(|rest| rest.split('_').map(str::parse::<usize>));
        let numbers = numbers.and_then(|all| all.collect::<Result<Vec<_>, _>>().ok()).unwrap_or_default();
        let part = numbers.first().map(|&place| self.parts(place));
        let var = part.and_then(|part| part.get(numbers.get(1).copied().unwrap_or(0)).copied());
        var.ok_or_else(|| format!("there is no input {name}"))
    }
}
