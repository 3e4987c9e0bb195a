//! Gradients of a rank's parts, summed as they come and handed over bucket by bucket.

use std::ops::Range;

use gradus_autograd::ParamId;
use gradus_tensor::Tensor;
use gradus_tensor::elementwise::add_assign;

use crate::courier::Courier;
use crate::layout::Layout;
use crate::plan::Plan;
use crate::tree::{Sum, Sums};

/// Gradients that wait for the rest of a batch: of each own part, by parameter.
pub(crate) type Waiting = Vec<Vec<Option<Tensor>>>;

/// The gradients of one evaluation on this rank.
pub(crate) struct Collector<'s> {
    layout: &'s Layout,
    own: Range<usize>,
    courier: &'s Courier,
    /// What earlier parts of an accumulated batch left.
    waiting: &'s mut Waiting,
    sums: Vec<Sums<Tensor>>,
    /// The parameters that the present part has reached.
    present: Vec<bool>,
    /// Those that any part has reached.
    pub(crate) reached: Vec<bool>,
    /// The order in which the last part reached them.
    pub(crate) order: Vec<usize>,
    /// Parameters of each bucket that are not summed yet.
    missing: Vec<usize>,
    sent: usize,
    /// Gradients of parameters that the model does not have.
    pub(crate) foreign: Vec<(ParamId, Tensor)>,
}

impl<'s> Collector<'s> {
    pub(crate) fn new(
        layout: &'s Layout,
        plan: &Plan,
        courier: &'s Courier,
        waiting: &'s mut Waiting,
    ) -> Self {
        let (own, n) = (plan.shard.own_parts(), layout.params.len());
        let reached = |i: usize| waiting.iter().any(|part| part[i].is_some());
        Self {
            layout,
            reached: (0..n).map(reached).collect(),
            sums: (0..n).map(|_| Sums::new(plan.shard.parts)).collect(),
            own,
            courier,
            waiting,
            present: vec![false; n],
            order: Vec::new(),
            missing: layout.buckets.iter().map(Vec::len).collect(),
            sent: 0,
            foreign: Vec::new(),
        }
    }

    /// A gradient that the sweep over a part has finished.
    pub(crate) fn take(&mut self, part: usize, id: ParamId, gradient: Tensor) {
        match self.layout.places.get(&id) {
            Some(&i) => {
                (self.present[i], self.reached[i]) = (true, true);
                self.push(part, i, Some(gradient));
                if part + 1 == self.own.end {
                    self.order.push(i);
                }
            }
            None => self.foreign.push((id, gradient)),
        }
    }

    /// The end of a part: parameters that it has not reached count as zeros.
    pub(crate) fn end(&mut self, part: usize) {
        for i in 0..self.present.len() {
            if !std::mem::take(&mut self.present[i]) {
                self.push(part, i, None);
            }
        }
    }

    fn push(&mut self, part: usize, i: usize, gradient: Option<Tensor>) {
        let earlier = self.waiting.get_mut(part - self.own.start).and_then(|part| part[i].take());
        let entry = &self.layout.params[i];
        let value = match (earlier, gradient) {
            (Some(mut earlier), Some(gradient)) => {
                add_assign(&mut earlier, &gradient);
                earlier
            }
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => Tensor::zeros_of(entry.shape, entry.dtype),
        };
        self.sums[i].push(part..part + 1, value);
        if part + 1 == self.own.end {
            self.missing[self.layout.bucket_of[i]] -= 1;
            self.send();
        }
    }

    /// Hands over the buckets that are complete, in their order.
    fn send(&mut self) {
        while self.missing.get(self.sent) == Some(&0) {
            let bucket = &self.layout.buckets[self.sent];
            let parts = self.own.len();
            let sums =
                bucket.iter().map(|&i| std::mem::replace(&mut self.sums[i], Sums::new(parts)).into_values());
            let mut by_run: Vec<Vec<Tensor>> = Vec::new();
            for values in sums {
                by_run.resize_with(values.len(), Vec::new);
                values.into_iter().zip(&mut by_run).for_each(|(value, run)| run.push(value));
            }
            self.courier.send(by_run.iter().map(|run| self.layout.flat(self.sent, run)).collect());
            self.sent += 1;
        }
    }
}

/// Keeps the gradients of an evaluation for a later one.
pub(crate) fn keep(waiting: &mut Option<Tensor>, gradient: Tensor) {
    match waiting {
        Some(sum) => sum.add(gradient),
        None => *waiting = Some(gradient),
    }
}
