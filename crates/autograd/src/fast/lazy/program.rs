//! A program over blocks: loops that run one after the other on a stretch of a few hundred elements, so that all values
//! between them stay in the first-level cache.
//!
//! Pieces of blocks go to the threads; their borders depend on the sizes alone, so the bits of a result do not depend on
//! the number of threads.

use gradus_tensor::Tensor;
use gradus_tensor::kernel::axpy::{add, add_multiple, multiple};
use gradus_tensor::kernel::{SHORT_RUN, TOGETHER, copy, parallel};

use super::reach::Reach;
use crate::fast::Lane;
use crate::fast::runs::{RunLoops, Three};
use crate::ops::elementwise::row;

/// Elements of one piece, rounded up to whole blocks.
pub(super) const PIECE: usize = 1 << 15;
/// Results of at least this many bytes are written past the caches.
const STREAM: usize = 1 << 23;
/// Bytes of all registers together: less than the first-level cache.
const CACHE: usize = 1 << 15;

/// Where an operand of a step lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A block of scratch memory.
    Register(usize),
    /// A whole tensor, of which the block is a stretch.
    Tensor(usize),
}

/// Where a step writes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    Register(usize),
    Output(usize),
}

/// A forward step.
pub(super) enum Step<T: 'static> {
    Row { forward: row::Forward<T>, x: [Place; 2], c: T, y: Target },
    Runs { kernels: &'static RunLoops<T>, x: Three<Place>, width: usize, c: T, y: Target },
}

/// A backward step: adds to registers, except for `First`, which fills one.
pub(super) enum Pull<T: 'static> {
    First {
        dy: Place,
        k: T,
        g: usize,
    },
    Multiple {
        dy: Place,
        k: T,
        g: usize,
    },
    Row {
        pull: row::Pull<T>,
        dy: Place,
        x: [Place; 2],
        y: Place,
        c: T,
        g: usize,
    },
    Runs {
        kernels: &'static RunLoops<T>,
        dy: Place,
        x: Three<Place>,
        y: Place,
        width: usize,
        c: T,
        g: Three<Option<usize>>,
    },
}

/// What happens to a finished block.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    /// It is written to an output.
    Store,
    /// It is added to an output.
    Add,
    /// It is summed into the elements of a row or column.
    Fold(Reach),
    /// It is summed into one number.
    Total,
}

/// See the module's documentation.
pub(super) struct Program<T: 'static> {
    /// Elements of the whole.
    pub(super) n: usize,
    /// Blocks and pieces are multiples of this: the width of the runs.
    pub(super) unit: usize,
    /// Whether a unit is a run that a kernel takes whole.
    pub(super) runs: bool,
    pub(super) registers: usize,
    /// Contiguous tensors that places refer to.
    pub(super) tensors: Vec<Tensor>,
    /// Registers of one number.
    pub(super) fills: Vec<(usize, T)>,
    /// Registers loaded from rows and columns, for each block unless all would be the same.
    pub(super) loads: Vec<(usize, usize, Reach)>,
    pub(super) forward: Vec<Step<T>>,
    /// Registers that begin a block with zeros, or with a gradient that has arrived from elsewhere.
    pub(super) starts: Vec<(usize, Option<Place>)>,
    pub(super) backward: Vec<Pull<T>>,
    pub(super) ends: Vec<(Place, End, usize)>,
    /// Rough nanoseconds for an element.
    pub(super) cost: f64,
}

impl<T: Lane> Program<T> {
    pub(super) fn new(n: usize) -> Self {
        Self {
            n,
            unit: 1,
            runs: false,
            registers: 0,
            tensors: Vec::new(),
            fills: Vec::new(),
            loads: Vec::new(),
            forward: Vec::new(),
            starts: Vec::new(),
            backward: Vec::new(),
            ends: Vec::new(),
            cost: 0.0,
        }
    }

    pub(super) fn register(&mut self) -> usize {
        self.registers += 1;
        self.registers - 1
    }

    /// Elements of one block: of short runs so many that their kernels take them all at once.
    fn block(&self) -> usize {
        let fits = CACHE / size_of::<T>() / self.registers.max(1);
        let aim = fits.clamp(128, 1024) & !63;
        let runs = (aim / self.unit).max(1);
        let together = if self.runs && self.unit < SHORT_RUN { TOGETHER } else { 1 };
        runs.next_multiple_of(together) * self.unit
    }

    /// Elements of one piece.
    pub(super) fn piece(&self) -> usize {
        PIECE.div_ceil(self.block()) * self.block()
    }

    pub(super) fn pieces(&self) -> usize {
        self.n.div_ceil(self.piece())
    }

    /// Runs the program. Each output comes with the number of its elements that one piece writes.
    pub(super) fn run(&self, outputs: &mut [(&mut [T], usize)]) {
        let data: Vec<&[T]> = self.tensors.iter().map(Tensor::as_slice).collect();
        let (piece, block) = (self.piece(), self.block());
        let streams = self.n * size_of::<T>() >= STREAM;
        let cost = self.n as f64 * (self.cost + 0.2);
        parallel::pieces(outputs, self.pieces(), cost, |i, outputs| {
            let mut registers = vec![vec![T::ZERO; block]; self.registers];
            for &(r, value) in &self.fills {
                registers[r].fill(value);
            }
            let (once, loads): (Vec<_>, Vec<_>) =
                self.loads.iter().partition(|(.., reach)| reach.repeats(block));
            for &(r, tensor, reach) in once {
                reach.load(data[tensor], 0, &mut registers[r]);
            }
            for &(_, end, out) in &self.ends {
                if matches!(end, End::Fold(_) | End::Total) {
                    outputs[out].fill(T::ZERO);
                }
            }
            let end = ((i + 1) * piece).min(self.n);
            let mut scratch = Scratch { registers, data: &data, first: i * piece, start: 0, n: 0, streams };
            for start in (i * piece..end).step_by(block) {
                (scratch.start, scratch.n) = (start, block.min(end - start));
                if streams {
                    let next = (start + block).min(self.n)..(start + 2 * block).min(self.n);
                    data.iter().filter(|x| x.len() == self.n).for_each(|x| copy::prefetch(&x[next.clone()]));
                }
                self.one_block(&loads, &mut scratch, outputs);
            }
            copy::settle();
        });
    }

    fn one_block(&self, loads: &[&(usize, usize, Reach)], s: &mut Scratch<'_, T>, outputs: &mut [&mut [T]]) {
        for &&(r, tensor, reach) in loads {
            reach.load(s.data[tensor], s.start, &mut s.registers[r][..s.n]);
        }
        for step in &self.forward {
            s.step(step, outputs);
        }
        for &(r, from) in &self.starts {
            let mut register = std::mem::take(&mut s.registers[r]);
            match from {
                None => register[..s.n].fill(T::ZERO),
                Some(place) => register[..s.n].copy_from_slice(s.at(place)),
            }
            s.registers[r] = register;
        }
        for pull in &self.backward {
            s.pull(pull);
        }
        for &(place, end, out) in &self.ends {
            s.end(s.at(place), end, outputs[out]);
        }
    }
}

/// The state of one piece.
struct Scratch<'a, T> {
    registers: Vec<Vec<T>>,
    data: &'a [&'a [T]],
    /// Where the piece starts in the whole.
    first: usize,
    /// Where the block starts in the whole, and its length.
    start: usize,
    n: usize,
    /// Whether results are written past the caches.
    streams: bool,
}

impl<T: Lane> Scratch<'_, T> {
    fn at(&self, place: Place) -> &[T] {
        match place {
            Place::Register(r) => &self.registers[r][..self.n],
            Place::Tensor(t) => &self.data[t][self.start..self.start + self.n],
        }
    }

    fn step(&mut self, step: &Step<T>, outputs: &mut [&mut [T]]) {
        let (Step::Row { y, .. } | Step::Runs { y, .. }) = *step;
        let at = self.start - self.first;
        let mut taken = match y {
            Target::Register(r) => std::mem::take(&mut self.registers[r]),
            Target::Output(_) => Vec::new(),
        };
        let out = match y {
            Target::Register(_) => &mut taken[..self.n],
            Target::Output(out) => &mut outputs[out][at..at + self.n],
        };
        match *step {
            Step::Row { forward, x: [a, b], c, .. } => forward(self.at(a), self.at(b), c, out),
            Step::Runs { kernels, x, width, c, .. } => {
                (kernels.forward)(x.map(|x| self.at(x)), width, c, out);
            }
        }
        if let Target::Register(r) = y {
            self.registers[r] = taken;
        }
    }

    fn pull(&mut self, pull: &Pull<T>) {
        match *pull {
            Pull::Multiple { dy, k, g } => {
                self.into(
                    g,
                    |s, g| if k == T::ONE { add(s.at(dy), g) } else { add_multiple(k, s.at(dy), g) },
                );
            }
            Pull::First { dy, k, g } => self.into(g, |s, g| multiple(k, s.at(dy), g)),
            Pull::Row { pull, dy, x: [a, b], y, c, g } => {
                self.into(g, |s, g| pull(s.at(dy), s.at(a), s.at(b), s.at(y), c, g));
            }
            Pull::Runs { kernels, dy, x, y, width, c, g } => {
                let mut taken = g.map(|r| r.map(|r| std::mem::take(&mut self.registers[r])));
                let wanted = taken.each_mut().map(|t| t.as_mut().map(|t| &mut t[..self.n]));
                (kernels.pull)(self.at(dy), x.map(|x| self.at(x)), self.at(y), width, c, wanted);
                for (r, taken) in g.into_iter().zip(taken) {
                    if let (Some(r), Some(taken)) = (r, taken) {
                        self.registers[r] = taken;
                    }
                }
            }
        }
    }

    /// Runs `f` on a register while the others can be read.
    fn into(&mut self, g: usize, f: impl FnOnce(&Self, &mut [T])) {
        let mut taken = std::mem::take(&mut self.registers[g]);
        f(self, &mut taken[..self.n]);
        self.registers[g] = taken;
    }

    fn end(&self, block: &[T], end: End, out: &mut [T]) {
        let at = self.start - self.first;
        match end {
            End::Store if self.streams => copy::stream(block, &mut out[at..at + self.n]),
            End::Store => out[at..at + self.n].copy_from_slice(block),
            End::Add => add(block, &mut out[at..at + self.n]),
            End::Fold(reach) => {
                let first = if let Reach::Column(n) = reach { self.first / n } else { 0 };
                reach.fold(block, self.start, out, first);
            }
            End::Total => out[0] += gradus_tensor::kernel::sum::sum(block),
        }
    }
}
