//! From nodes of the tape to a program over blocks: the gradients.
//!
//! The sweep hands over a run of nodes of one type. Their values are computed again, block by block, as far as the slopes
//! ask for them, and the gradients flow through the block while it lies in the cache. Only what leaves the run is written.

use std::collections::HashMap;

use gradus_tensor::Tensor;
use smallvec::SmallVec;

use super::plan::{Outputs, Plan, kernels, top, total, total_of};
use super::program::{End, Place, Pull};
use super::reach::Reach;
use super::{ready, waits};
use crate::fast::lists::Inner;
use crate::fast::runs::Kernels;
use crate::fast::store::{Mirror, Type};
use crate::fast::{Lane, for_lane};
use crate::node::{Kind, Node};
use crate::ops::elementwise::row::Row;

/// Nodes of one run at most, so that the registers stay in the cache.
const LONGEST: usize = 48;
/// Rows and columns longer than this are summed after the program.
const WIDEST: usize = 4096;

/// Carries the gradients through the run of waiting nodes that ends at `top`.
pub(crate) fn pull(inner: &mut Inner, mirror: &mut Mirror, top: u32, root: u32) {
    let whole = whole_of(inner, top);
    let run = run(inner, mirror, top, whole);
    let needed = needed(inner, &run, root);
    let members = ready(inner, &needed, whole);
    let total = for_lane!(inner.types[whole].dtype, T => carry::<T>(inner, mirror, &run, &members, root));
    for &id in &run {
        mirror.reached[id as usize] = false;
        let at = inner.nodes[id as usize].slot.at();
        inner.values.large[at] = None;
    }
    if let Some(total) = total {
        let at = inner.nodes[root as usize].slot.at();
        inner.values.large[at] = Some(total);
    }
}

/// The type of a node that runs over blocks; for a total, the type of what it sums.
fn whole_of(inner: &Inner, id: u32) -> u32 {
    inner.nodes[top(inner, id) as usize].ty.number()
}

/// The nodes from `top` down that gradients reach and that are of one type, up to the first that cannot join them.
fn run(inner: &Inner, mirror: &Mirror, top: u32, whole: u32) -> Vec<u32> {
    let mut members = Vec::new();
    let mut marked: Vec<u32> = vec![top];
    for id in (0..=top).rev() {
        let node = &inner.nodes[id as usize];
        if !node.needs() || node.is_leaf() || !(mirror.reached[id as usize] || marked.contains(&id)) {
            continue;
        }
        if !node.ty.is_lazy() {
            // A rule, or an equally large row that was recorded before `fuse_above` changed, may give to the nodes below;
            // a smaller elementwise result cannot.
            if matches!(node.kind(), Kind::Op) || node.ty.number() == whole {
                break;
            }
            continue;
        }
        // What arrives at a total is known only when its consumers have run, so a total begins a run.
        let total = id != top && total(inner, node).is_some();
        if whole_of(inner, id) != whole || members.len() == LONGEST || total {
            break;
        }
        members.push(id);
        marked.extend(inner.inputs(node));
    }
    members
}

/// The nodes whose values the slopes of a run ask for.
fn needed(inner: &Inner, run: &[u32], root: u32) -> Vec<u32> {
    let mut needed = Vec::new();
    for &id in run {
        let node = &inner.nodes[id as usize];
        let inputs = inner.inputs(node);
        match (node.kind(), kernels(inner, node)) {
            (_, Some(Kernels::Total(_))) if id == root && waits(inner, node) => needed.push(inputs[0]),
            (_, Some(Kernels::Total(_))) => {}
            (Kind::Unary(row) | Kind::Binary(row), _) if row.constant(inner.carried(node)).is_some() => {}
            _ => {
                needed.extend(inputs);
                needed.push(id);
            }
        }
    }
    needed
}

/// A run in the making.
struct Carry<'a, T: 'static> {
    plan: Plan<'a, T>,
    /// What has arrived at the nodes of the run from elsewhere.
    upstream: HashMap<u32, Tensor>,
    /// How many contributions a node gets from the run.
    count: HashMap<u32, usize>,
    /// Where the gradient of a node lies.
    grads: HashMap<u32, Place>,
    /// What got nothing because a slope is the number 0.
    flat: Vec<u32>,
}

fn carry<T: Lane>(
    inner: &Inner,
    mirror: &mut Mirror,
    run: &[u32],
    members: &[u32],
    root: u32,
) -> Option<Tensor> {
    let whole = whole_of(inner, run[0]);
    let mut carry = Carry::<T> {
        plan: Plan::new(inner, inner.types[whole]),
        upstream: HashMap::new(),
        count: HashMap::new(),
        grads: HashMap::new(),
        flat: Vec::new(),
    };
    carry.plan.steps(members);
    for &id in run {
        let node = &inner.nodes[id as usize];
        carry.upstream.extend(mirror.large[node.slot.at()].take().map(|dy| (id, dy)));
        for input in inner.inputs(node) {
            *carry.count.entry(input).or_default() += 1;
        }
    }
    for &id in run {
        carry.node(id);
    }
    let top = run[0];
    let sums = (top == root && waits(inner, &inner.nodes[top as usize])).then(|| carry.total(top)).flatten();
    carry.finish(mirror, run, sums)
}

impl<T: Lane> Carry<'_, T> {
    /// The gradient that has arrived at a node of the run.
    fn arrived(&mut self, id: u32) -> Option<Place> {
        if let Some(&place) = self.grads.get(&id) {
            return Some(place);
        }
        let dy = self.upstream.remove(&id)?;
        Some(self.plan.operand(&dy))
    }

    /// Adds the steps that carry the gradient of one node to its inputs.
    fn node(&mut self, id: u32) {
        let inner = self.plan.inner;
        let node = inner.nodes[id as usize];
        let inputs = inner.inputs(&node);
        let wanted: SmallVec<[bool; 4]> = inputs.iter().map(|&i| inner.nodes[i as usize].needs()).collect();
        match (node.kind(), kernels(inner, &node)) {
            (_, Some(Kernels::Total(k))) => {
                let Some(dy) = self.upstream.remove(&id) else { return };
                let each = self.plan.number(T::of(dy.item() * k));
                self.give(inputs[0], each, 1.0);
            }
            (_, Some(Kernels::Runs(kernels, c))) => {
                let Some(dy) = self.arrived(id) else { return };
                let x = self.plan.three(&inputs);
                let y = self.plan.place(id);
                let g = std::array::from_fn(|i| {
                    (Some(i) != kernels.added && wanted.get(i).is_some_and(|&w| w))
                        .then(|| self.register(inputs[i]))
                });
                let width = *self.plan.whole.shape.last().expect("runs have an axis");
                self.plan.program.unit = width;
                self.plan.program.runs = true;
                self.plan.program.cost += 2.0;
                let (added, kernels) = (kernels.added, T::run_loops(kernels));
                self.plan.program.backward.push(Pull::Runs { kernels, dy, x, y, width, c: T::of(c), g });
                if let Some(added) = added.filter(|&i| wanted[i]) {
                    self.give(inputs[added], dy, 1.0);
                }
            }
            (Kind::Unary(row) | Kind::Binary(row), _) => {
                let Some(dy) = self.arrived(id) else { return };
                self.row(id, &node, row, &wanted, dy);
            }
            _ => unreachable!("only rows, runs and totals wait"),
        }
    }

    fn row(&mut self, id: u32, node: &Node, row: &'static Row, wanted: &[bool], dy: Place) {
        let (inputs, c) = (self.plan.inner.inputs(node), self.plan.inner.carried(node));
        let constant = row.constant(c);
        // Of a value with itself: the slope of that row, once.
        let same = row.facts.same.filter(|_| inputs.len() == 2 && inputs[0] == inputs[1]);
        for i in 0..inputs.len() {
            if !wanted[i] {
                continue;
            }
            if row.is_flat(i, c) {
                self.flat.push(inputs[i]);
                continue;
            }
            if let Some(slopes) = constant {
                self.give(inputs[i], dy, slopes[i]);
                continue;
            }
            let x = [self.plan.place(inputs[0]), self.plan.place(inputs[inputs.len() - 1])];
            // With a constant gradient: a multiple of the other input, which lies there already.
            if row.facts.bilinear
                && let Some(k) = self.plan.constant(dy)
            {
                self.give(inputs[i], x[1 - i], k.to_f64());
                continue;
            }
            if same.is_some() && i > 0 {
                continue;
            }
            let y = self.plan.place(id);
            let g = self.register(inputs[i]);
            let pull = same.map_or(T::loops(row).pull[i], |same| T::loops(same).pull[0]);
            self.plan.program.cost += row.cost;
            self.plan.program.backward.push(Pull::Row { pull, dy, x, y, c: T::of(c), g });
        }
    }

    /// Adds `k` times a block to the gradient of a node; without a copy where the node gets nothing else.
    fn give(&mut self, id: u32, block: Place, k: f64) {
        let alone = self.count[&id] == 1 && !self.upstream.contains_key(&id);
        if alone && k == 1.0 {
            self.grads.insert(id, block);
        } else if alone && let Some(number) = self.plan.constant(block) {
            let place = self.plan.number(number * T::of(k));
            self.grads.insert(id, place);
        } else {
            let first = !self.grads.contains_key(&id) && !self.upstream.contains_key(&id);
            let (k, dy) = (T::of(k), block);
            let pull = if first {
                let g = self.plan.program.register();
                self.grads.insert(id, Place::Register(g));
                Pull::First { dy, k, g }
            } else {
                Pull::Multiple { dy, k, g: self.register(id) }
            };
            self.plan.program.backward.push(pull);
        }
    }

    /// The register in which the gradient of a node is summed.
    fn register(&mut self, id: u32) -> usize {
        if let Some(&Place::Register(g)) = self.grads.get(&id) {
            return g;
        }
        let from = self.upstream.remove(&id).map(|dy| self.plan.operand(&dy));
        let g = self.plan.program.register();
        self.plan.program.starts.push((g, from));
        self.grads.insert(id, Place::Register(g));
        g
    }

    /// Where the elements lie whose sum is the value of a total, and its factor.
    fn total(&mut self, id: u32) -> Option<(Place, f64)> {
        let inner = self.plan.inner;
        let k = total(inner, &inner.nodes[id as usize])?;
        Some((self.plan.place(top(inner, id)), k))
    }

    /// Runs the program and hands what leaves the run to the mirror; returns the value of the total.
    fn finish(mut self, mirror: &mut Mirror, run: &[u32], total: Option<(Place, f64)>) -> Option<Tensor> {
        let inner = self.plan.inner;
        mirror.flat.append(&mut self.flat);
        let mut outside: Vec<(u32, Place)> = self.grads.drain().filter(|(id, _)| !run.contains(id)).collect();
        outside.sort_unstable_by_key(|&(id, _)| id);
        // All reaches first: they decide the length of a piece.
        let reaches: Vec<Option<Reach>> = outside.iter().map(|&(id, _)| self.reach(id)).collect();
        let mut outputs = Outputs::default();
        let mut ways = Vec::new();
        for (&(id, place), &reach) in outside.iter().zip(&reaches) {
            mirror.reached[id as usize] = true;
            ways.extend(self.output(mirror, &mut outputs, id, place, reach));
        }
        let total = total.map(|(place, k)| {
            let out = outputs.push::<T>([self.plan.program.pieces()].into(), 1);
            self.plan.program.ends.push((place, End::Total, out));
            (out, k)
        });
        outputs.run(&self.plan.program);
        let total = total.map(|(out, k)| total_of::<T>(&outputs.tensors[out].0, k));
        hand_over(inner, mirror, outputs, &ways);
        total
    }

    /// The output for the gradient of one node outside the run; none where the gradient is a tensor that is there already.
    fn output(
        &mut self,
        mirror: &mut Mirror,
        outputs: &mut Outputs,
        id: u32,
        place: Place,
        reach: Option<Reach>,
    ) -> Option<(u32, End, usize)> {
        let node = &self.plan.inner.nodes[id as usize];
        let (ty, whole) = (*self.plan.inner.ty(node), self.plan.whole);
        let (piece, pieces) = (self.plan.program.piece(), self.plan.program.pieces());
        let (end, out) = match reach {
            Some(Reach::Same) if node.slot.is_large() && ty.shape == whole.shape => {
                if let Some(sum) = mirror.large[node.slot.at()].take() {
                    (End::Add, outputs.give(sum, piece))
                } else if let Place::Tensor(t) = place {
                    mirror.add(node.slot, &ty, self.plan.program.tensors[t].clone());
                    return None;
                } else {
                    (End::Store, outputs.push::<T>(ty.shape, piece))
                }
            }
            Some(Reach::Row(n)) => (End::Fold(Reach::Row(n)), outputs.push::<T>([pieces, n].into(), n)),
            Some(Reach::Column(n)) => {
                (End::Fold(Reach::Column(n)), outputs.push::<T>([1, whole.n / n].into(), piece / n))
            }
            _ => (End::Store, outputs.push::<T>(whole.shape, piece)),
        };
        self.plan.program.ends.push((place, end, out));
        Some((id, end, out))
    }

    /// How a node outside the run reaches over the whole, where the program can sum over it; sets the unit of a column.
    fn reach(&mut self, id: u32) -> Option<Reach> {
        let ty = self.plan.inner.ty(&self.plan.inner.nodes[id as usize]);
        let reach = Reach::of(&ty.shape, &self.plan.whole.shape)?;
        let unit = self.plan.program.unit;
        match reach {
            Reach::Same => Some(reach),
            Reach::Row(n) => (n <= WIDEST).then_some(reach),
            Reach::Column(n) if n <= WIDEST && (n.is_multiple_of(unit) || unit.is_multiple_of(n)) => {
                self.plan.program.unit = unit.max(n);
                Some(reach)
            }
            Reach::Column(_) => None,
        }
    }
}

/// Adds the outputs of a program to the gradients.
fn hand_over(inner: &Inner, mirror: &mut Mirror, outputs: Outputs, ways: &[(u32, End, usize)]) {
    let mut tensors: Vec<Option<Tensor>> = outputs.tensors.into_iter().map(|(t, _)| Some(t)).collect();
    for &(id, end, out) in ways {
        let tensor = tensors[out].take().expect("each output goes one way");
        let node = &inner.nodes[id as usize];
        let ty: Type = *inner.ty(node);
        let sum = match end {
            End::Fold(_) => tensor.sum_axes(0).reshape(ty.shape),
            _ => tensor.sum_to(ty.shape),
        };
        mirror.add(node.slot, &ty, sum);
    }
}
