//! Gradients of a rank's parts, summed as they come and handed over bucket by bucket.

use std::ops::Range;

use gradus_autograd::ParamId;
use gradus_tensor::elementwise::add_assign;
use gradus_tensor::{DType, Element, Tensor};

use crate::courier::Courier;
use crate::layout::Layout;
use crate::plan::{Number, Plan};
use crate::tree::{Sum, is_sum};

/// Gradients that wait for the rest of a batch: of each own part, by parameter.
pub(crate) type Waiting = Vec<Vec<Option<Tensor>>>;

/// So many sums of a parameter's gradients become one in the midst of a rank's parts: fewer would be read and written more often, more
/// would take more memory.
const TOGETHER: usize = 4;

/// The gradients of one evaluation on this rank.
pub(crate) struct Collector<'s> {
    layout: &'s Layout,
    plan: &'s Plan,
    own: Range<usize>,
    courier: &'s Courier,
    /// What earlier parts of an accumulated batch left.
    waiting: &'s mut Waiting,
    /// The sums of each parameter's gradients, in the order of the parts.
    sums: Vec<Vec<(Range<usize>, Tensor)>>,
    /// The parameters that the present part has reached.
    present: Vec<bool>,
    /// Those that any part has reached.
    pub(crate) reached: Vec<bool>,
    /// The order in which the last part reached them.
    pub(crate) order: Vec<usize>,
    /// Parameters of each bucket that are not summed yet.
    missing: Vec<usize>,
    sent: usize,
    /// What is complete without being sent: on one rank, or on one machine.
    pub(crate) done: Vec<(usize, Tensor)>,
    /// Gradients of parameters that the model does not have.
    pub(crate) foreign: Vec<(ParamId, Tensor)>,
}

impl<'s> Collector<'s> {
    pub(crate) fn new(
        layout: &'s Layout,
        plan: &'s Plan,
        courier: &'s Courier,
        waiting: &'s mut Waiting,
    ) -> Self {
        let (own, n) = (plan.shard.own_parts(), layout.params.len());
        let reached = |i: usize| waiting.iter().any(|part| part[i].is_some());
        Self {
            layout,
            plan,
            reached: (0..n).map(reached).collect(),
            sums: (0..n).map(|_| Vec::new()).collect(),
            own,
            courier,
            waiting,
            present: vec![false; n],
            order: Vec::new(),
            missing: layout.buckets.iter().map(Vec::len).collect(),
            sent: 0,
            done: Vec::new(),
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
        let (sums, parts) = (&mut self.sums[i], self.plan.shard.parts);
        sums.push((part..part + 1, value));
        if part + 1 == self.own.end {
            self.missing[self.layout.bucket_of[i]] -= 1;
            self.send();
            return;
        }
        while let Some(from) = sums.len().checked_sub(TOGETHER)
            && is_sum(&(sums[from].0.start..part + 1), parts)
        {
            let last = sums.split_off(from);
            sums.push(sum(last, parts));
        }
    }

    /// Hands over the buckets that are complete, in their order; of gradients that are not sent in buckets forms the sums.
    fn send(&mut self) {
        while self.missing.get(self.sent) == Some(&0) {
            let bucket = &self.layout.buckets[self.sent];
            self.sent += 1;
            if !self.plan.has_buckets() {
                for &i in bucket {
                    let (_, gradient) = sum(std::mem::take(&mut self.sums[i]), self.plan.shard.parts);
                    self.done.push((i, gradient));
                }
                continue;
            }
            let is_single = bucket.first().is_none_or(|&i| self.layout.params[i].dtype == DType::F32);
            let runs = self.plan.runs_of(self.plan.shard.rank).iter();
            let whole = runs.map(|run| {
                if is_single {
                    whole::<f32>(bucket, run, &mut self.sums, self.plan)
                } else {
                    whole::<f64>(bucket, run, &mut self.sums, self.plan)
                }
            });
            self.courier.send(whole.collect());
        }
    }
}

/// The sum of neighbouring sums.
fn sum(sums: Vec<(Range<usize>, Tensor)>, parts: usize) -> (Range<usize>, Tensor) {
    let (runs, mut values): (Vec<_>, Vec<_>) = sums.into_iter().unzip();
    let whole = runs[0].start..runs[runs.len() - 1].end;
    let others = values.split_off(1);
    let mut first = values.swap_remove(0);
    if !others.is_empty() {
        let sum = Sum::of(&runs, parts);
        match first.dtype() {
            DType::F32 => sum.add(first.slice_mut::<f32>(), &slices(&others)),
            _ => sum.add(first.slice_mut::<f64>(), &slices(&others)),
        }
    }
    (whole, first)
}

fn slices<T: Element>(values: &[Tensor]) -> Vec<&[T]> {
    values.iter().map(Tensor::as_slice).collect()
}

/// The sums of a bucket's gradients over one run of the parts, in one piece, with zeros at the end.
fn whole<T: Number>(
    bucket: &[usize],
    run: &Range<usize>,
    sums: &mut [Vec<(Range<usize>, Tensor)>],
    plan: &Plan,
) -> Tensor {
    let elements: usize = bucket.iter().map(|&i| sums[i].first().map_or(0, |(_, x)| x.elements())).sum();
    Tensor::build([plan.padded(elements)], |all: &mut [T]| {
        let mut rest = all;
        for &i in bucket {
            let count = sums[i].iter().take_while(|(own, _)| own.end <= run.end).count();
            let (runs, values): (Vec<_>, Vec<_>) = sums[i].drain(..count).unzip();
            let (own, behind) = std::mem::take(&mut rest).split_at_mut(values[0].elements());
            own.copy_from_slice(values[0].as_slice());
            if values.len() > 1 {
                Sum::of(&runs, plan.shard.parts).add(own, &slices(&values[1..]));
            }
            rest = behind;
        }
        rest.fill(T::zeroed());
    })
}

/// Keeps the gradients of an evaluation for a later one.
pub(crate) fn keep(waiting: &mut Option<Tensor>, gradient: Tensor) {
    match waiting {
        Some(sum) => add_assign(sum, &gradient),
        None => *waiting = Some(gradient),
    }
}
