//! What ranks tell each other at the end of a step, beside the gradients: losses, parameters that were reached, statistics.

use gradus_autograd::Gradients;
use gradus_tensor::{DType, Tensor};

use crate::error::Error;
use crate::layout::{Entry, Layout};
use crate::plan::numbers;

/// What one rank says of its parts of a batch, as numbers that are sent.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Parts with their losses.
    pub(crate) losses: Vec<(usize, f64)>,
    /// Whether each parameter was reached.
    pub(crate) reached: Vec<bool>,
    /// The order in which gradients were finished; none where it is known or this rank has no part.
    pub(crate) order: Vec<usize>,
    /// The new values of buffers, by part.
    pub(crate) updates: Vec<Vec<Option<Vec<f64>>>>,
}

impl Report {
    /// The new values of a model's buffers out of an evaluation.
    pub(crate) fn updates_of(layout: &Layout, grads: &Gradients) -> Vec<Option<Vec<f64>>> {
        let last = |entry: &Entry| grads.updates().filter(|(id, _)| *id == entry.id).last();
        layout.buffers.iter().map(|entry| last(entry).map(|(_, value)| value.to_f64_vec())).collect()
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let count = |n: usize| n as u64;
        let mut all = vec![count(self.losses.len()), count(self.order.len()), count(self.updates.len())];
        all.extend(self.losses.iter().flat_map(|&(part, loss)| [count(part), loss.to_bits()]));
        let bits = |of: &[bool]| of.iter().rev().fold(0, |word, &bit| word << 1 | u64::from(bit));
        all.extend(self.reached.chunks(64).map(bits));
        all.extend(self.order.iter().map(|&i| count(i)));
        for value in self.updates.iter().flatten() {
            all.push(u64::from(value.is_some()));
            all.extend(value.iter().flatten().map(|x| x.to_bits()));
        }
        bytemuck::cast_slice(&all).to_vec()
    }

    pub(crate) fn of_bytes(bytes: &[u8], layout: &Layout) -> Result<Self, Error> {
        let short = || Error::Transport("a rank's report is cut off".to_string());
        let mut rest = numbers::<u64>(bytes).into_iter();
        let mut take = |n: usize| {
            let found: Vec<u64> = rest.by_ref().take(n).collect();
            if found.len() == n { Ok(found) } else { Err(short()) }
        };
        let head = take(3)?;
        let losses = take(2 * head[0] as usize)?;
        let reached = take(layout.params.len().div_ceil(64))?;
        let order = take(head[1] as usize)?;
        let mut updates = Vec::new();
        for _ in 0..head[2] as usize {
            let mut of_part = Vec::new();
            for entry in &layout.buffers {
                let is_there = take(1)?[0] == 1;
                let values = is_there.then(|| take(entry.shape.elements())).transpose()?;
                of_part.push(values.map(|values| values.into_iter().map(f64::from_bits).collect()));
            }
            updates.push(of_part);
        }
        Ok(Self {
            losses: losses.chunks_exact(2).map(|pair| (pair[0] as usize, f64::from_bits(pair[1]))).collect(),
            reached: (0..layout.params.len()).map(|i| reached[i / 64] >> (i % 64) & 1 == 1).collect(),
            order: order.into_iter().map(|i| i as usize).collect(),
            updates,
        })
    }
}

/// The new value of a buffer: the mean over the parts, by their examples; of integers the first.
pub(crate) fn merged(entry: &Entry, values: &[(f64, &Vec<f64>)]) -> Option<Tensor> {
    let (_, first) = values.first()?;
    let mut mean = (*first).clone();
    if entry.dtype.is_float() && values.iter().any(|(_, value)| value != first) {
        let whole: f64 = values.iter().map(|(weight, _)| weight).sum();
        for (i, mean) in mean.iter_mut().enumerate() {
            *mean = values.iter().map(|(weight, value)| weight * value[i]).sum::<f64>() / whole;
        }
    }
    let value = Tensor::from_vec(mean, entry.shape);
    Some(if entry.dtype == DType::F64 { value } else { value.to(entry.dtype) })
}
