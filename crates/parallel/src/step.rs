//! The gradients of a batch, over all ranks.

use std::ops::Range;
use std::sync::Arc;

use gradus_autograd::{Gradients, Mode, ParamId, Params, Part, Tape, Var, scoped_part};
use gradus_optim::Optimizer;
use gradus_tensor::Tensor;

use crate::agree;
use crate::collector::{Collector, keep};
use crate::communicator::Communicator;
use crate::data_parallel::{DataParallel, Found, Stop, Unreached};
use crate::error::Error;
use crate::layout::Layout;
use crate::lockstep::Lockstep;
use crate::options::Statistics;
use crate::report::{Report, merged};

/// The mode of the tape of a part; that of part 0 has the seed of the step itself.
fn mode(seed: u64, part: usize, waiting: u64) -> Mode {
    let earlier = waiting.wrapping_mul(0xE703_7ED1_A0B4_28DB);
    Mode::Training(seed.wrapping_add((part as u64).wrapping_mul(0xA076_1D64_78BD_642F)) ^ earlier)
}

impl<C: Communicator> DataParallel<C> {
    /// This rank's parts of a batch that have examples.
    fn own(&self, n: usize) -> Result<Vec<(usize, Range<usize>)>, Error> {
        if n == 0 {
            return Err(Error::EmptyBatch);
        }
        let shard = self.plan.shard;
        let all = shard.own_parts().map(|part| (part, shard.part(part, n)));
        Ok(all.filter(|(_, range)| !range.is_empty()).collect())
    }

    /// Refuses ranks whose next step would be another one, before anything is evaluated.
    #[track_caller]
    pub(crate) fn agree(
        &mut self,
        optimizer: &mut Optimizer,
        model: &(impl Params + ?Sized),
        n: usize,
    ) -> Result<(), Error> {
        let examples = |sizes: &[usize]| format!("{sizes:?} examples");
        let changed = if self.layout.is_of(model) { "none" } else { "some added, removed, frozen or thawed" };
        let mut terms = vec![
            ("the size of the batch".to_string(), format!("{n} examples")),
            ("the batches that wait".to_string(), examples(&self.sizes)),
            ("changes of the model's parameters since the last step".to_string(), changed.to_string()),
        ];
        terms.extend(optimizer.terms(model));
        agree::step(&*self.comm, &terms)?;
        self.look_at(model)?;
        if !self.compared {
            agree::values(&*self.comm, model, optimizer)?;
            self.compared = true;
        }
        Ok(())
    }

    /// Whether the model has got other parameters, or some were frozen: then the ranks agree anew.
    fn look_at(&mut self, model: &(impl Params + ?Sized)) -> Result<(), Error> {
        if !self.layout.is_of(model) {
            agree::check(&*self.comm, model, &self.options)?;
            self.layout = Layout::of(model, &self.options);
            self.waiting.clear();
            self.sizes.clear();
            self.compared = false;
        }
        Ok(())
    }

    /// The loss and the gradients of a batch. `twice`: a rule has asked for gradients in this step before.
    pub(crate) fn gradients<M: Params + Sync + ?Sized>(
        &mut self,
        model: &M,
        seed: u64,
        n: usize,
        twice: bool,
        f: &(impl for<'t> Fn(&M, &'t Tape, Range<usize>) -> Var<'t> + Sync),
    ) -> Found {
        let (mut waiting, sizes) = (std::mem::take(&mut self.waiting), std::mem::take(&mut self.sizes));
        let count = sizes.len() as u64;
        if count > 0 {
            self.used = true;
        } else if twice && self.used {
            let fault = "a rule that evaluates the loss twice cannot use batches that wait; see no_sync";
            return Err(Stop::Fault(fault.to_string()));
        } else {
            self.used = false;
        }
        let batch = Batch { own: self.own(n)?, n, seed, earlier: count };
        let mut report = Report::default();
        let (done, foreign) = {
            let mut collector = Collector::new(&self.layout, &self.plan, &self.courier, &mut waiting);
            if self.options.statistics == Statistics::Synchronised {
                self.in_step(model, &batch, f, &mut collector, &mut report)?;
            } else {
                self.comm.set_computing(true);
                let evaluated = self.one_by_one(model, &batch, f, &mut collector, &mut report);
                self.comm.set_computing(false);
                evaluated?;
            }
            report.reached = collector.reached;
            if !self.layout.observed {
                report.order = collector.order;
            }
            (collector.done, collector.foreign)
        };
        let reduced = self.reduced(done, count)?;
        self.together(&report, n, reduced, foreign)
    }

    /// Evaluates the parts one after another.
    fn one_by_one<M: Params + Sync + ?Sized>(
        &self,
        model: &M,
        batch: &Batch,
        f: &(impl for<'t> Fn(&M, &'t Tape, Range<usize>) -> Var<'t> + Sync),
        collector: &mut Collector<'_>,
        report: &mut Report,
    ) -> Result<(), Stop> {
        for i in self.plan.shard.own_parts() {
            if let Some(range) = batch.range(i) {
                let mut finished = |id, gradient| collector.take(i, id, gradient);
                let result =
                    scoped_part(&batch.part(i, range), |tape| f(model, tape, range.clone()), &mut finished);
                let (loss, grads) = result.map_err(Stop::Fault)?;
                report.losses.push((i, loss));
                report.updates.push(Report::updates_of(&self.layout, &grads));
            }
            collector.end(i);
        }
        Ok(())
    }

    /// Evaluates the parts at the same time, with statistics of the whole batch.
    fn in_step<M: Params + Sync + ?Sized>(
        &self,
        model: &M,
        batch: &Batch,
        f: &(impl for<'t> Fn(&M, &'t Tape, Range<usize>) -> Var<'t> + Sync),
        collector: &mut Collector<'_>,
        report: &mut Report,
    ) -> Result<(), Stop> {
        let numbers = batch.own.iter().map(|own| own.0).collect();
        let found = Lockstep::run(Arc::clone(&self.comm), self.plan.clone(), numbers, |k, peers| {
            let (i, range) = &batch.own[k];
            let part = Part { peers: Some(peers), ..batch.part(*i, range) };
            let mut gradients: Vec<(ParamId, Tensor)> = Vec::new();
            let mut finished = |id, gradient| gradients.push((id, gradient));
            let result = scoped_part(&part, |tape| f(model, tape, range.clone()), &mut finished);
            (result, gradients)
        })?;
        let mut found = batch.own.iter().zip(found).peekable();
        for i in self.plan.shard.own_parts() {
            if let Some((_, (result, gradients))) = found.next_if(|(own, _)| own.0 == i) {
                for (id, gradient) in gradients {
                    collector.take(i, id, gradient);
                }
                let (loss, grads) = result.map_err(Stop::Fault)?;
                report.losses.push((i, loss));
                // All parts have the same ones.
                if report.updates.is_empty() {
                    report.updates.push(Report::updates_of(&self.layout, &grads));
                }
            }
            collector.end(i);
        }
        Ok(())
    }

    /// Evaluates a batch for a later step; this rank's share of its loss.
    pub(crate) fn keep<M: Params + Sync + ?Sized>(
        &mut self,
        model: &M,
        seed: u64,
        n: usize,
        f: &(impl for<'t> Fn(&M, &'t Tape, Range<usize>) -> Var<'t> + Sync),
    ) -> Result<f64, Stop> {
        self.look_at(model)?;
        let batch = Batch { own: self.own(n)?, n, seed, earlier: self.sizes.len() as u64 };
        let first = self.plan.shard.own_parts().start;
        self.waiting.resize_with(self.plan.shard.own_parts().len(), || vec![None; self.layout.params.len()]);
        let mut loss = 0.0;
        for (i, range) in &batch.own {
            let (places, waiting) = (&self.layout.places, &mut self.waiting[i - first]);
            let mut finished = |id: ParamId, gradient| {
                if let Some(&place) = places.get(&id) {
                    keep(&mut waiting[place], gradient);
                }
            };
            let result =
                scoped_part(&batch.part(*i, range), |tape| f(model, tape, range.clone()), &mut finished);
            loss += result.map_err(Stop::Fault)?.0 * range.len() as f64 / n as f64;
        }
        self.sizes.push(n);
        Ok(loss)
    }

    /// The gradients of all ranks, by parameter.
    fn reduced(
        &mut self,
        mut done: Vec<(usize, Tensor)>,
        earlier: u64,
    ) -> Result<Vec<Option<Tensor>>, Error> {
        let mut reduced: Vec<Option<Tensor>> = vec![None; self.layout.params.len()];
        let mut set = |(i, gradient): (usize, Tensor)| {
            reduced[i] = Some(if earlier > 0 { gradient / (earlier + 1) as f64 } else { gradient });
        };
        let sent = if self.plan.has_buckets() { self.layout.buckets.len() } else { 0 };
        self.plan.reduce_in_place(&*self.comm, &mut done)?;
        done.into_iter().for_each(&mut set);
        for bucket in 0..sent {
            let whole = self.courier.receive()?;
            self.layout.gradients(bucket, &whole).into_iter().for_each(&mut set);
        }
        Ok(reduced)
    }

    /// Takes the reduced gradients, and from the ranks' reports the loss and the statistics.
    fn together(
        &mut self,
        report: &Report,
        n: usize,
        reduced: Vec<Option<Tensor>>,
        foreign: Vec<(ParamId, Tensor)>,
    ) -> Found {
        let bytes = self.comm.all_gather(&report.to_bytes())?;
        let all: Vec<Report> =
            bytes.iter().map(|bytes| Report::of_bytes(bytes, &self.layout)).collect::<Result<_, _>>()?;
        let mut grads = Gradients::default();
        self.unreached.clear();
        for (i, (entry, gradient)) in self.layout.params.iter().zip(reduced).enumerate() {
            let missing = |(_, report): &(usize, &Report)| !report.reached[i] && !report.losses.is_empty();
            let ranks: Vec<usize> = all.iter().enumerate().filter(missing).map(|(rank, _)| rank).collect();
            if let Some(gradient) = gradient.filter(|_| all.iter().any(|report| report.reached[i])) {
                grads.set(entry.id, gradient);
            }
            if !ranks.is_empty() {
                self.unreached.push(Unreached { name: entry.name.clone(), ranks });
            }
        }
        for (id, gradient) in foreign {
            grads.set(id, gradient);
        }
        let weight = |part: usize| self.plan.shard.part(part, n).len() as f64 / n as f64;
        for (i, entry) in self.layout.buffers.iter().enumerate() {
            if let Some(value) = merged(entry, &values_of(&all, i, weight)) {
                grads.set_update(entry.id, value);
            }
        }
        let losses = all.iter().flat_map(|report| &report.losses);
        let loss = losses.map(|&(part, loss)| weight(part) * loss).sum();
        self.reorder(&all[0]);
        Ok((loss, grads))
    }

    /// After the first step buckets go in the order in which rank 0 has finished its gradients.
    fn reorder(&mut self, first: &Report) {
        if self.layout.observed || first.order.is_empty() {
            return;
        }
        let rest = (0..self.layout.params.len()).filter(|i| !first.order.contains(i));
        let order: Vec<usize> = first.order.iter().copied().chain(rest).collect();
        self.layout.order(order.into_iter(), &self.options);
        self.layout.observed = true;
    }
}

/// The values of a buffer, with the weights of their parts. Where a rank has sent fewer than it has parts, they are all alike.
fn values_of(all: &[Report], buffer: usize, weight: impl Fn(usize) -> f64) -> Vec<(f64, &Vec<f64>)> {
    let of = |report| {
        let Report { losses, updates, .. }: &Report = report;
        losses.iter().zip(updates)
    };
    let values = all.iter().flat_map(of);
    values.filter_map(|(&(part, _), updates)| Some((weight(part), updates[buffer].as_ref()?))).collect()
}

/// This rank's parts of a batch that have examples.
struct Batch {
    own: Vec<(usize, Range<usize>)>,
    n: usize,
    seed: u64,
    /// Batches of the same step that were evaluated before.
    earlier: u64,
}

impl Batch {
    fn range(&self, part: usize) -> Option<&Range<usize>> {
        self.own.iter().find(|own| own.0 == part).map(|own| &own.1)
    }

    /// How a part is evaluated.
    fn part(&self, part: usize, range: &Range<usize>) -> Part {
        Part {
            mode: mode(self.seed, part, self.earlier),
            weight: range.len() as f64 / self.n as f64,
            peers: None,
        }
    }
}
