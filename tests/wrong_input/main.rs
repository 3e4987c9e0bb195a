//! Every method of `Var` and of `Tensor` under wrong inputs: what panics names the method that was called and points at the
//! line that called it; what does not panic has gradients. The tables stand beside this file; one that lacks a method fails.

mod draws;
mod dtypes;
mod instances;
#[path = "../panics/mod.rs"]
mod panics;
mod tensors;
mod vars;

use std::collections::BTreeSet;
use std::path::Path;

use gradus::prelude::*;

use panics::panic_in;

/// What a call takes beside values: an axis, places.
pub(crate) struct Args {
    pub(crate) axis: isize,
    pub(crate) index: Tensor,
}

/// Places that a call takes: valid ones, their shape, how many there are along the axis, and whether negative ones count
/// from its end.
#[derive(Clone, Copy)]
pub(crate) struct Places {
    values: &'static [i64],
    shape: &'static [usize],
    n: i64,
    negative: Negative,
    tensor: bool,
}

/// What a place below 0 means.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Negative {
    /// It is out of range.
    Wrong,
    /// It counts from the end.
    FromTheEnd,
    /// The list ends there.
    End,
}

/// One method: the shapes of valid inputs, a valid axis, valid places, and the call.
pub(crate) struct Entry<F> {
    pub(crate) name: &'static str,
    shapes: &'static [&'static [usize]],
    axis: Option<isize>,
    places: Option<Places>,
    call: F,
}

/// A method without axis and places.
pub(crate) fn of<F>(name: &'static str, shapes: &'static [&'static [usize]], call: F) -> Entry<F> {
    Entry { name, shapes, axis: None, places: None, call }
}

impl<F> Entry<F> {
    pub(crate) fn axis(self, axis: isize) -> Self {
        Self { axis: Some(axis), ..self }
    }

    pub(crate) fn index(self, values: &'static [i64], shape: &'static [usize], n: i64) -> Self {
        Self { places: Some(Places { values, shape, n, negative: Negative::Wrong, tensor: true }), ..self }
    }

    pub(crate) fn wrapping(mut self) -> Self {
        self.places.as_mut().expect("places").negative = Negative::FromTheEnd;
        self
    }

    pub(crate) fn ended(mut self) -> Self {
        self.places.as_mut().expect("places").negative = Negative::End;
        self
    }

    /// Places that the method takes as plain numbers.
    pub(crate) fn plain(mut self) -> Self {
        self.places.as_mut().expect("places").tensor = false;
        self
    }

    fn args(&self) -> Args {
        let index = self.places.map_or(Tensor::from(0i64), |p| Tensor::from_slice(p.values, p.shape));
        Args { axis: self.axis.unwrap_or(0), index }
    }

    fn inputs(&self, dtype: DType) -> Vec<Tensor> {
        let mut rng = rng(5);
        self.shapes.iter().map(|&shape| Tensor::uniform_of(shape, 0.2, 0.8, dtype, &mut rng)).collect()
    }

    /// Axes that there are not.
    fn wrong_axes(&self) -> Vec<isize> {
        // What inserts an axis has one more place for it.
        let rank = self.shapes[0].len() as isize + 1;
        if self.axis.is_none() { vec![] } else { vec![rank, -rank - 1, isize::MAX, isize::MIN] }
    }

    /// Places that there are not, one at a time among valid ones.
    fn wrong_places(&self) -> Vec<(i64, Tensor)> {
        let Some(Places { values, shape, n, negative, .. }) = self.places else { return vec![] };
        let wrong: &[i64] = match negative {
            Negative::Wrong => &[n, -n - 1, -1, i64::MAX, i64::MIN],
            Negative::FromTheEnd => &[n, -n - 1, i64::MAX, i64::MIN],
            Negative::End => &[n, i64::MAX],
        };
        let put = |value: i64| {
            let mut all = values.to_vec();
            *all.last_mut().expect("some place") = value;
            (value, Tensor::from_slice(&all, shape))
        };
        wrong.iter().copied().map(put).collect()
    }

    /// Indices of another type or shape.
    fn odd_indices(&self) -> Vec<Tensor> {
        if self.places.is_none_or(|places| !places.tensor) {
            return vec![];
        }
        let index = self.args().index;
        variants(&index).into_iter().chain([index.to(DType::F32), index.gt(0.0)]).collect()
    }

    /// Valid inputs but for one, whose shape is another.
    fn wrong_inputs(&self) -> Vec<Vec<Tensor>> {
        let valid = self.inputs(DType::F32);
        let mut all = vec![];
        for (i, x) in valid.iter().enumerate() {
            for other in variants(x) {
                let mut inputs = valid.clone();
                inputs[i] = other;
                all.push(inputs);
            }
        }
        all
    }

    /// How a message may begin: with the method's name, without what its forms add.
    fn names(&self) -> Vec<String> {
        let forms = ["_axes", "_axis", "_keep", "_with", "_with_place", "_"];
        let shorter = forms.iter().filter_map(|form| self.name.strip_suffix(form));
        shorter.chain([self.name]).flat_map(|name| [format!("{name}:"), format!("{name} (")]).collect()
    }

    /// What is wrong with a panic, if something is.
    fn fault(&self, what: &str, (message, file): &(String, String)) -> Option<String> {
        let named = self.names().iter().any(|name| message.starts_with(name));
        let here = file.contains("tests/wrong_input/");
        (!named || !here).then(|| format!("{} ({what}): {message:?} at {file}", self.name))
    }
}

/// The tensor with an axis less or more, with longer axes, with empty ones.
fn variants(x: &Tensor) -> Vec<Tensor> {
    let shape = *x.shape();
    let mut shapes: Vec<Vec<usize>> = vec![vec![], [&[1], &shape[..]].concat(), [&shape[..], &[2]].concat()];
    for axis in 0..shape.len() {
        shapes.push(shape.without(axis).to_vec());
        shapes.push(shape.with(axis, shape[axis] + 1).to_vec());
        shapes.push(shape.with(axis, 0).to_vec());
        shapes.push(shape.with(axis, 1).to_vec());
    }
    shapes.push(vec![0; shape.len()]);
    shapes.push(vec![1; 8]);
    shapes.retain(|other| other[..] != shape[..]);
    shapes
        .into_iter()
        .map(|shape| {
            if x.dtype() == DType::I64 {
                Tensor::zeros_of(shape, DType::I64)
            } else {
                Tensor::full_of(shape, 0.5, x.dtype())
            }
        })
        .collect()
}

/// Tries a method with everything that is wrong. `run` calls it, and returns what is wrong with a result.
fn faults<F>(entry: &Entry<F>, run: &dyn Fn(&[Tensor], &Args) -> Option<String>) -> Vec<String> {
    let mut faults = vec![];
    let mut attempt = |what: &str, inputs: &[Tensor], args: &Args, must: Option<String>| {
        let fault = match panic_in(|| run(inputs, args)) {
            Ok(_) if must.is_some() => Some(format!("{} ({what}): accepted", entry.name)),
            Ok(wrong) => wrong.map(|wrong| format!("{} ({what}): {wrong}", entry.name)),
            Err(panic) => entry.fault(what, &panic).or_else(|| {
                let says = must.filter(|must| !panic.0.contains(must.as_str()));
                says.map(|must| format!("{} ({what}): {:?} does not say {must}", entry.name, panic.0))
            }),
        };
        faults.extend(fault);
    };
    for inputs in entry.wrong_inputs() {
        let shapes = inputs.iter().map(|x| x.shape().to_string()).collect::<Vec<_>>().join(" ");
        attempt(&shapes, &inputs, &entry.args(), None);
    }
    let valid = entry.inputs(DType::F32);
    for axis in entry.wrong_axes() {
        attempt(&format!("axis {axis}"), &valid, &Args { axis, ..entry.args() }, Some(axis.to_string()));
    }
    for (value, index) in entry.wrong_places() {
        attempt(&format!("place {value}"), &valid, &Args { index, ..entry.args() }, Some(value.to_string()));
    }
    for index in entry.odd_indices() {
        let what = format!("index {}{}", index.dtype(), index.shape());
        attempt(&what, &valid, &Args { index, ..entry.args() }, None);
    }
    if let Err((message, _)) = panic_in(|| run(&valid, &entry.args())) {
        faults.push(format!("{}: valid input panics: {message}", entry.name));
    }
    faults
}

/// What a result on the tape lacks: gradients, or those of a valid call the element type of its inputs.
fn wrong_on_tape(entry: &Entry<vars::Call>, inputs: &[Tensor], args: &Args) -> Option<String> {
    let tape = Tape::new();
    let x: Vec<Var<'_>> = inputs.iter().map(|x| tape.var(x.clone())).collect();
    let y = (entry.call)(&x, args);
    let dtype = y.dtype();
    if y.needs() {
        let gradients = y.sum().backward();
        if let Some(other) = x.iter().map(|&x| gradients.wrt(x).dtype()).find(|&other| other != DType::F32) {
            return Some(format!("an {other} gradient of F32 inputs"));
        }
    }
    (dtype != DType::F32).then(|| format!("{dtype} from F32 inputs"))
}

#[test]
fn variables() {
    let faults: Vec<String> = vars::table()
        .iter()
        .flat_map(|entry| faults(entry, &|inputs, args| wrong_on_tape(entry, inputs, args)))
        .collect();
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn tensors() {
    let run = |entry: &Entry<tensors::Call>, inputs: &[Tensor], args: &Args| {
        let _ = (entry.call)(inputs, args);
        None
    };
    let faults: Vec<String> = tensors::table()
        .iter()
        .flat_map(|entry| faults(entry, &|inputs, args| run(entry, inputs, args)))
        .collect();
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

/// The public methods that take themselves, or a list of their kind, in the files of a folder.
fn methods(folder: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(path).unwrap();
            for part in text.split("    #[track_caller]\n    pub fn ").skip(1) {
                names.insert(part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
            }
        }
    }
    names.remove("");
    names
}

#[test]
fn no_method_is_missing() {
    let known: BTreeSet<String> = vars::table().iter().map(|entry| entry.name.to_string()).collect();
    let found = methods("crates/autograd/src/ops");
    let missing: Vec<_> =
        found.difference(&known).filter(|name| !vars::ELSEWHERE.contains(&name.as_str())).collect();
    assert!(missing.is_empty() && found.len() > 150, "not in vars.rs: {missing:?}");
    let known: BTreeSet<String> = tensors::table().iter().map(|entry| entry.name.to_string()).collect();
    let found = methods("crates/tensor/src");
    let missing: Vec<_> =
        found.difference(&known).filter(|name| !tensors::ELSEWHERE.contains(&name.as_str())).collect();
    assert!(missing.is_empty() && found.len() > 60, "not in tensors.rs: {missing:?}");
}
