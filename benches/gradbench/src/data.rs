//! What evals send, as tensors, and what they get, as JSON.

use gradus::tensor::Tensor;
use serde_json::{Value, json};

/// The input of a function.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a>(pub(crate) &'a Value);

impl<'a> Input<'a> {
    pub(crate) fn part(self, key: &str) -> Result<Self, String> {
        self.0.get(key).map(Input).ok_or_else(|| format!("the input has no {key}"))
    }

    pub(crate) fn number(self) -> Result<f64, String> {
        self.0.as_f64().ok_or_else(|| format!("not a number: {}", self.0))
    }

    pub(crate) fn size(self) -> Result<usize, String> {
        self.0.as_u64().map(|n| n as usize).ok_or_else(|| format!("not a size: {}", self.0))
    }

    pub(crate) fn list(self) -> Result<impl ExactSizeIterator<Item = Input<'a>>, String> {
        Ok(self.0.as_array().ok_or_else(|| format!("not a list: {}", self.0))?.iter().map(Input))
    }

    /// Whole numbers, in lists of any depth, one after the other.
    pub(crate) fn integers(self) -> Result<Vec<i64>, String> {
        if let Some(number) = self.0.as_i64() {
            return Ok(vec![number]);
        }
        Ok(self.list()?.map(Input::integers).collect::<Result<Vec<_>, _>>()?.concat())
    }

    /// Numbers, in lists of any depth.
    pub(crate) fn tensor(self) -> Result<Tensor, String> {
        let (mut numbers, mut shape) = (Vec::new(), Vec::new());
        let mut first = self.0;
        while let Some(list) = first.as_array() {
            shape.push(list.len());
            let Some(next) = list.first() else { break };
            first = next;
        }
        self.flatten(&mut numbers)?;
        let wanted = shape.iter().product::<usize>();
        if numbers.len() != wanted {
            return Err(format!("lists of unequal lengths: {} numbers for shape {shape:?}", numbers.len()));
        }
        Ok(Tensor::from_vec(numbers, &shape[..]))
    }

    fn flatten(self, numbers: &mut Vec<f64>) -> Result<(), String> {
        if self.0.is_array() {
            return self.list()?.try_for_each(|part| part.flatten(numbers));
        }
        numbers.push(self.number()?);
        Ok(())
    }
}

/// What a function gives. It becomes JSON after the time is taken.
pub(crate) enum Output {
    Number(f64),
    Tensor(Tensor),
    Count(usize),
    Integers(Vec<usize>),
    Parts(Vec<(&'static str, Output)>),
}

impl Output {
    pub(crate) fn json(&self) -> Value {
        match self {
            Self::Number(number) => json!(number),
            Self::Tensor(tensor) => nested(&tensor.to_f64_vec(), tensor.shape()),
            Self::Count(count) => json!(count),
            Self::Integers(list) => json!(list),
            Self::Parts(parts) => {
                parts.iter().map(|(key, part)| ((*key).to_string(), part.json())).collect::<Value>()
            }
        }
    }
}

fn nested(numbers: &[f64], shape: &[usize]) -> Value {
    match shape {
        [] => json!(numbers[0]),
        [_] => json!(numbers),
        [_, rest @ ..] => {
            let size = rest.iter().product::<usize>();
            (0..shape[0]).map(|i| nested(&numbers[i * size..][..size], rest)).collect()
        }
    }
}
