//! Einstein sums: `"ij,jk->ik"`. Two operands at a time are brought into the form of a batched matrix product.

use crate::ops::elementwise::operators::{one_tape, widest};
use crate::var::Var;

/// An operand with a letter for each axis. Axes of an ellipsis get numbers as letters.
struct Operand<'t> {
    x: Var<'t>,
    labels: Vec<char>,
}

/// Letters for the axes that `...` stands for, counted from the last.
fn unnamed(from_last: usize) -> char {
    char::from_digit(from_last as u32, 10).expect("less than ten axes")
}

/// The letters of one term for a value of this rank.
#[track_caller]
fn labels(term: &str, rank: usize) -> Vec<char> {
    let named = term.replace("...", "").chars().filter(|c| !c.is_whitespace()).count();
    assert!(
        if term.contains("...") { named <= rank } else { named == rank },
        "einsum: the term `{term}` for a value with {rank} axes"
    );
    let mut out = vec![];
    let mut rest = term;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("...") {
            out.extend((0..rank - named).rev().map(unnamed));
            rest = after;
        } else {
            rest = &rest[c.len_utf8()..];
            if !c.is_whitespace() {
                out.push(c);
            }
        }
    }
    out
}

/// The result's letters when none are given: those of `...`, then those that occur once, in alphabetical order.
fn implied(operands: &[Operand<'_>]) -> Vec<char> {
    let all: Vec<char> = operands.iter().flat_map(|o| o.labels.iter().copied()).collect();
    let mut dots: Vec<char> = all.iter().copied().filter(char::is_ascii_digit).collect();
    dots.sort_unstable_by(|a, b| b.cmp(a));
    dots.dedup();
    let once = |c: &char| !c.is_ascii_digit() && all.iter().filter(|d| *d == c).count() == 1;
    let mut letters: Vec<char> = all.iter().copied().filter(once).collect();
    letters.sort_unstable();
    dots.into_iter().chain(letters).collect()
}

impl<'t> Operand<'t> {
    /// Takes the diagonal of axes with the same letter.
    fn without_repeats(mut self) -> Self {
        while let Some((i, j)) = repeated(&self.labels) {
            let label = self.labels[i];
            self.x = self.x.diagonal(0, i as isize, j as isize);
            self.labels.remove(j);
            self.labels.remove(i);
            self.labels.push(label);
        }
        self
    }

    /// Sums over the letters that nobody else has.
    fn summed(mut self, keep: impl Fn(char) -> bool) -> Self {
        let gone: Vec<isize> =
            (0..self.labels.len()).filter(|&i| !keep(self.labels[i])).map(|i| i as isize).collect();
        if !gone.is_empty() {
            self.x = self.x.sum_axes(gone);
            self.labels.retain(|&c| keep(c));
        }
        self
    }

    /// The axes in the order of `order`, with size 1 where a letter is missing.
    fn arranged(&self, order: &[char]) -> Var<'t> {
        let mut places: Vec<isize> = vec![];
        for c in order {
            places.extend(self.labels.iter().position(|d| d == c).map(|p| p as isize));
        }
        let mut y = self.x.permute(places);
        for (i, c) in order.iter().enumerate() {
            if !self.labels.contains(c) {
                y = y.unsqueeze(i as isize);
            }
        }
        y
    }
}

fn repeated(labels: &[char]) -> Option<(usize, usize)> {
    (0..labels.len()).find_map(|i| (i + 1..labels.len()).find(|&j| labels[i] == labels[j]).map(|j| (i, j)))
}

/// The product of two operands, summed over the letters that `keep` does not want.
#[track_caller]
fn contract<'t>(a: Operand<'t>, b: Operand<'t>, keep: impl Fn(char) -> bool) -> Operand<'t> {
    let a = {
        let other = b.labels.clone();
        a.summed(|c| keep(c) || other.contains(&c))
    };
    let b = {
        let other = a.labels.clone();
        b.summed(|c| keep(c) || other.contains(&c))
    };
    let in_both = |c: &char| b.labels.contains(c);
    let batch: Vec<char> = a.labels.iter().copied().filter(|c| in_both(c) && keep(*c)).collect();
    let inner: Vec<char> = a.labels.iter().copied().filter(|c| in_both(c) && !keep(*c)).collect();
    let left: Vec<char> = a.labels.iter().copied().filter(|c| !in_both(c)).collect();
    let right: Vec<char> = b.labels.iter().copied().filter(|c| !a.labels.contains(c)).collect();
    let size = |c: &char| {
        let of = |o: &Operand<'t>| o.labels.iter().position(|d| d == c).map_or(1, |p| o.x.shape()[p]);
        let (m, n) = (of(&a), of(&b));
        if m == 1 { n } else { m }
    };
    let sizes = |list: &[char]| list.iter().map(size).collect::<Vec<usize>>();
    let count = |list: &[char]| sizes(list).iter().product::<usize>();
    let form = |o: &Operand<'t>, parts: [&[char]; 3]| {
        let order = parts.concat();
        let full: Vec<usize> = order.iter().map(size).collect();
        o.arranged(&order).expand(full).reshape(parts.map(count))
    };
    let x = form(&a, [&batch, &left, &inner]);
    let y = form(&b, [&batch, &inner, &right]);
    let labels = [&batch[..], &left[..], &right[..]].concat();
    Operand { x: x.matmul(y).reshape(sizes(&labels)), labels }
}

/// Panics if the result names a letter that no term has, or one twice.
#[track_caller]
fn check_letters(formula: &str, left: &str, right: Option<&str>) {
    for term in left.split(',').chain(right) {
        let other = term.replace("...", "").chars().find(|c| !c.is_alphabetic());
        if let Some(other) = other {
            panic!("einsum: `{formula}` holds `{other}`; terms are letters and `...`, with commas between");
        }
        assert!(term.matches("...").count() <= 1, "einsum: `{formula}` has `...` twice in one term");
    }
    let right = right.unwrap_or_default();
    for (i, c) in right.char_indices().filter(|&(_, c)| c != '.') {
        assert!(left.contains(c), "einsum: `{formula}`: no value has the axis `{c}` of the result");
        assert!(!right[..i].contains(c), "einsum: `{formula}`: the result names `{c}` twice");
    }
    assert!(
        !right.contains("...") || left.contains("..."),
        "einsum: `{formula}`: the result has `...`, and no term has"
    );
}

/// Panics if a letter stands for axes of two sizes. Axes of `...` broadcast, others must be equal (or 1 in another
/// operand).
#[track_caller]
fn check_sizes(formula: &str, list: &[Operand<'_>]) {
    let mut known: Vec<(char, usize, usize)> = vec![];
    for (which, operand) in list.iter().enumerate() {
        let shape = operand.x.shape();
        for (&c, &size) in operand.labels.iter().zip(shape.iter()) {
            let Some(at) = known.iter().position(|k| k.0 == c) else {
                known.push((c, size, which));
                continue;
            };
            let (_, other, first) = known[at];
            let fits = size == other || first != which && (size == 1 || other == 1);
            let name = if c.is_ascii_digit() { "...".to_string() } else { c.to_string() };
            assert!(
                fits,
                "einsum: `{formula}`: `{name}` is {other} in value {first} and {size} in value {which}"
            );
            if other == 1 {
                known[at] = (c, size, which);
            }
        }
    }
}

/// # Einstein sums
impl<'t> Var<'t> {
    /// The Einstein sum: letters name axes, `...` stands for axes that broadcast; letters missing on the right are summed
    /// over, repeated ones in one term take the diagonal. Operands are taken from left to right.
    ///
    /// ```
    /// use gradus_autograd::{Tape, Var};
    /// use gradus_tensor::Tensor;
    /// let tape = Tape::new();
    /// let a = tape.var(Tensor::from([[1.0, 2.0], [3.0, 4.0]]));
    /// assert_eq!(Var::einsum("ij,ij->", &[a, a]).item(), 30.0);
    /// ```
    ///
    /// # Panics
    /// If the formula does not fit the shapes.
    #[track_caller]
    pub fn einsum(formula: &str, operands: &[Self]) -> Self {
        let formula = formula.replace(' ', "");
        let (left, right) = match formula.split_once("->") {
            Some((left, right)) => (left, Some(right)),
            None => (&formula[..], None),
        };
        let terms: Vec<&str> = left.split(',').collect();
        let (n, k) = (terms.len(), operands.len());
        let terms_of = if n == 1 { "term" } else { "terms" };
        assert!(
            n == k,
            "einsum: `{formula}` has {n} {terms_of} before the arrow, and {k} given: one value for each term"
        );
        one_tape("einsum", operands);
        check_letters(&formula, left, right);
        let mut list = Vec::with_capacity(terms.len());
        let dtype = widest(operands.iter().copied());
        for (term, &x) in terms.iter().zip(operands) {
            list.push(Operand { x: x.to(dtype), labels: labels(term, x.rank()) });
        }
        let dots = list.iter().flat_map(|o| &o.labels).filter(|c| c.is_ascii_digit()).max().copied();
        let dots = dots.map_or(0, |c| c as usize - '0' as usize + 1);
        check_sizes(&formula, &list);
        let result = match right {
            Some(term) => {
                let named = term.replace("...", "").len();
                labels(term, if term.contains("...") { named + dots } else { named })
            }
            None => implied(&list),
        };
        let mut list: Vec<Operand<'t>> = list.into_iter().map(Operand::without_repeats).collect();
        let mut sum = list.remove(0);
        while !list.is_empty() {
            let next = list.remove(0);
            let later: Vec<char> = list.iter().flat_map(|o| o.labels.iter().copied()).collect();
            sum = contract(sum, next, |c| result.contains(&c) || later.contains(&c));
        }
        let sum = sum.summed(|c| result.contains(&c));
        sum.arranged(&result)
    }
}
