//! From nodes of the tape to a program over blocks: the values.

use std::collections::HashMap;

use gradus_tensor::{Shape, Tensor};
use smallvec::SmallVec;

use super::program::{End, Place, Program, Step, Target};
use super::reach::Reach;
use super::waits;
use crate::fast::Lane;
use crate::fast::lists::Inner;
use crate::fast::runs::Kernels;
use crate::fast::store::Type;
use crate::node::{Kind, Node};

/// A program in the making. All its steps are over values of one type, the whole.
pub(super) struct Plan<'a, T: 'static> {
    pub(super) inner: &'a Inner,
    pub(super) whole: Type,
    pub(super) program: Program<T>,
    /// Where the value of a node lies.
    pub(super) places: HashMap<u32, Place>,
}

/// The kernels of a node's operation, if it has any.
pub(super) fn kernels<'a>(inner: &'a Inner, node: &Node) -> Option<Kernels<'a>> {
    if let Kind::Op = node.kind() { inner.ops[node.b as usize].kernels() } else { None }
}

/// The factor of a total, if the node is one.
pub(super) fn total(inner: &Inner, node: &Node) -> Option<f64> {
    if let Some(Kernels::Total(k)) = kernels(inner, node) { Some(k) } else { None }
}

/// The node whose type the blocks of a node have: itself, or what it is the total of.
pub(super) fn top(inner: &Inner, id: u32) -> u32 {
    let node = &inner.nodes[id as usize];
    if total(inner, node).is_some() { inner.inputs(node)[0] } else { id }
}

impl<'a, T: Lane> Plan<'a, T> {
    pub(super) fn new(inner: &'a Inner, whole: Type) -> Self {
        Self { inner, whole, program: Program::new(whole.n), places: HashMap::new() }
    }

    /// Where the value of a node lies: that of a step, or of a tensor that broadcasts to the whole.
    pub(super) fn place(&mut self, id: u32) -> Place {
        if let Some(&place) = self.places.get(&id) {
            return place;
        }
        let node = &self.inner.nodes[id as usize];
        let value = self.inner.values.tensor(node.slot, self.inner.ty(node));
        let place = self.operand(&value);
        self.places.insert(id, place);
        place
    }

    /// Where the elements of a tensor lie that broadcasts to the whole.
    pub(super) fn operand(&mut self, value: &Tensor) -> Place {
        if let Some(number) = value.constant_value() {
            return self.number(T::of(number));
        }
        match Reach::of(value.shape(), &self.whole.shape) {
            None => {
                let spread = value.expand(self.whole.shape).contiguous();
                Place::Tensor(self.tensor(spread))
            }
            Some(Reach::Same) => Place::Tensor(self.tensor(value.contiguous())),
            Some(reach) => {
                let (register, tensor) = (self.program.register(), self.tensor(value.contiguous()));
                self.program.loads.push((register, tensor, reach));
                Place::Register(register)
            }
        }
    }

    /// A register that holds one number everywhere.
    pub(super) fn number(&mut self, value: T) -> Place {
        let same = |&&(_, k): &&(usize, T)| k.to_f64().to_bits() == value.to_f64().to_bits();
        if let Some(&(register, _)) = self.program.fills.iter().find(same) {
            return Place::Register(register);
        }
        let register = self.program.register();
        self.program.fills.push((register, value));
        Place::Register(register)
    }

    /// The number that a place holds everywhere, if it is one.
    pub(super) fn constant(&self, place: Place) -> Option<T> {
        self.program.fills.iter().find(|&&(register, _)| place == Place::Register(register)).map(|&(_, k)| k)
    }

    pub(super) fn tensor(&mut self, tensor: Tensor) -> usize {
        self.program.tensors.push(tensor);
        self.program.tensors.len() - 1
    }

    /// Places of the inputs of a function of runs; those it does not have repeat the first.
    pub(super) fn three(&mut self, inputs: &[u32]) -> [Place; 3] {
        std::array::from_fn(|i| self.place(*inputs.get(i).unwrap_or(&inputs[0])))
    }

    /// Adds the step that computes a node.
    pub(super) fn step(&mut self, id: u32, y: Target) {
        let node = self.inner.nodes[id as usize];
        let inputs = self.inner.inputs(&node);
        let step = match (node.kind(), kernels(self.inner, &node)) {
            (Kind::Unary(row) | Kind::Binary(row), _) => {
                self.program.cost += row.cost;
                let x = [self.place(inputs[0]), self.place(inputs[inputs.len() - 1])];
                Step::Row { forward: T::loops(row).forward, x, c: T::of(self.inner.carried(&node)), y }
            }
            (_, Some(Kernels::Runs(kernels, c))) => {
                let width = *self.whole.shape.last().expect("runs have an axis");
                self.program.unit = width;
                self.program.runs = true;
                self.program.cost += 2.0;
                let kernels = T::run_loops(kernels);
                Step::Runs { kernels, x: self.three(&inputs), width, c: T::of(c), y }
            }
            _ => unreachable!("only rows and runs wait"),
        };
        self.program.forward.push(step);
        if let Target::Register(register) = y {
            self.places.insert(id, Place::Register(register));
        }
    }

    /// Adds the steps of nodes in the order of the tape, each into a register of its own.
    pub(super) fn steps(&mut self, ids: &[u32]) {
        for &id in ids {
            let register = self.program.register();
            self.step(id, Target::Register(register));
        }
    }
}

/// The waiting nodes that some nodes are computed from, in the order of the tape, themselves included: those of the type
/// of the whole, and the others, which have to be computed first.
pub(super) fn cone(inner: &Inner, roots: &[u32], whole: u32) -> (Vec<u32>, Vec<u32>) {
    let (mut members, mut others) = (Vec::new(), Vec::new());
    let mut stack: SmallVec<[u32; 16]> = roots.iter().copied().collect();
    while let Some(id) = stack.pop() {
        let node = &inner.nodes[id as usize];
        if !waits(inner, node) || members.contains(&id) || others.contains(&id) {
            continue;
        }
        if node.ty.number() == whole && total(inner, node).is_none() {
            members.push(id);
            stack.extend(inner.inputs(node));
        } else {
            others.push(id);
        }
    }
    members.sort_unstable();
    others.sort_unstable();
    (members, others)
}

/// The outputs of a program: tensors, and how many elements one piece writes.
#[derive(Default)]
pub(super) struct Outputs {
    pub(super) tensors: Vec<(Tensor, usize)>,
}

impl Outputs {
    pub(super) fn push<T: Lane>(&mut self, shape: Shape, per_piece: usize) -> usize {
        self.give(Tensor::build::<T>(shape, |_| {}), per_piece)
    }

    pub(super) fn give(&mut self, tensor: Tensor, per_piece: usize) -> usize {
        self.tensors.push((tensor, per_piece));
        self.tensors.len() - 1
    }

    pub(super) fn run<T: Lane>(&mut self, program: &Program<T>) {
        let mut slices: Vec<(&mut [T], usize)> =
            self.tensors.iter_mut().map(|(tensor, size)| (tensor.slice_mut::<T>(), *size)).collect();
        program.run(&mut slices);
    }
}

/// The value of a waiting node whose cone is of one type; `again` are nodes of the cone whose values are kept too.
pub(super) fn value<T: Lane>(
    inner: &Inner,
    id: u32,
    members: &[u32],
    again: &[u32],
) -> (Tensor, Vec<Tensor>) {
    let total = total(inner, &inner.nodes[id as usize]);
    let top = top(inner, id);
    let mut plan = Plan::<T>::new(inner, *inner.ty(&inner.nodes[top as usize]));
    if total.is_some() {
        plan.steps(members);
        let place = plan.place(top);
        plan.program.ends.push((place, End::Total, 0));
    } else {
        let (_, before) = members.split_last().expect("a waiting node is in its own cone");
        plan.steps(before);
        plan.step(id, Target::Output(0));
    }
    for (i, &id) in again.iter().enumerate() {
        let place = plan.place(id);
        plan.program.ends.push((place, End::Store, 1 + i));
    }
    let (shape, piece) = (plan.whole.shape, plan.program.piece());
    let mut outputs = Outputs::default();
    match total {
        Some(_) => outputs.push::<T>([plan.program.pieces()].into(), 1),
        None => outputs.push::<T>(shape, piece),
    };
    for _ in again {
        outputs.push::<T>(shape, piece);
    }
    outputs.run(&plan.program);
    let mut tensors = outputs.tensors.into_iter().map(|(tensor, _)| tensor);
    let first = tensors.next().expect("the first output is the value");
    (total.map_or_else(|| first.clone(), |k| total_of::<T>(&first, k)), tensors.collect())
}

/// The value of a total with factor `k` from the sums of the pieces.
pub(super) fn total_of<T: Lane>(sums: &Tensor, k: f64) -> Tensor {
    Tensor::scalar(T::of(sums.to_f64_vec().iter().sum::<f64>() * k))
}
