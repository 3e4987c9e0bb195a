//! The functions that an expression may call: every row of the elementwise table by its name, and reductions, products
//! and normalisations. Shapes are checked here, before an operation sees them.

use std::sync::LazyLock;

use gradus::autograd::ops::elementwise;
use gradus::autograd::{Row, Var};
use gradus::tensor::Shape;
use gradus::tensor::names::instead;

use super::shaped::{self, Shaped};

pub(crate) type Apply = for<'t> fn(&[Var<'t>]) -> Result<Var<'t>, String>;

/// A function that only some expressions know: the name, the number of arguments, and the call.
pub(crate) type Own = (&'static str, usize, Apply);

/// What a name stands for.
#[derive(Clone, Copy)]
pub(crate) enum Function {
    /// A row of the elementwise table.
    Row(&'static Row),
    /// What is given an axis, a shape or other numbers besides values.
    Shaped(Shaped),
    /// Anything else.
    Other(Apply),
}

/// What is no row: the name, the number of arguments, and the call.
const OTHERS: [Own; 24] = [
    ("sum", 1, |x| Ok(x[0].sum())),
    ("mean", 1, |x| Ok(x[0].mean())),
    ("prod", 1, |x| Ok(x[0].prod())),
    ("max", 1, |x| Ok(x[0].max())),
    ("min", 1, |x| Ok(x[0].min())),
    ("max", 2, |x| broadcast(x).map(|()| x[0].maximum(x[1]))),
    ("min", 2, |x| broadcast(x).map(|()| x[0].minimum(x[1]))),
    ("norm", 1, |x| Ok(x[0].norm())),
    ("var", 1, |x| several(x[0]).map(|x| x.var(1))),
    ("std", 1, |x| several(x[0]).map(|x| x.std(1))),
    ("logsumexp", 1, |x| Ok(x[0].logsumexp())),
    ("softmax", 1, |x| axis(x[0]).map(|x| x.softmax(-1))),
    ("log_softmax", 1, |x| axis(x[0]).map(|x| x.log_softmax(-1))),
    ("cumsum", 1, |x| axis(x[0]).map(|x| x.cumsum(-1))),
    ("cumprod", 1, |x| axis(x[0]).map(|x| x.cumprod(-1))),
    ("t", 1, |x| matrix(x[0]).map(Var::t)),
    ("T", 1, |x| matrix(x[0]).map(Var::t)),
    ("trace", 1, |x| matrix(x[0]).map(Var::trace)),
    ("matmul", 2, |x| matmul(x[0], x[1])),
    ("dot", 2, |x| same_length(x[0], x[1]).map(|()| x[0].dot(x[1]))),
    ("outer", 2, |x| vectors(x).map(|()| x[0].outer(x[1]))),
    ("mse", 2, |x| same_shape(x[0], x[1]).map(|()| x[0].mse(x[1]))),
    ("stop_gradient", 1, |x| Ok(x[0].detach())),
    ("relu6", 1, |x| Ok(x[0].relu6())),
];

static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let rows = rows().flat_map(|row| row.aliases.iter().copied().chain([row.name]));
    let mut names: Vec<&str> =
        rows.chain(OTHERS.iter().map(|(name, ..)| *name)).chain(shaped::names()).collect();
    names.sort_unstable();
    names.dedup();
    names
});

/// The rows that have a word in formulas; the others are written with an operator, or are the form of one for a number.
fn rows() -> impl Iterator<Item = &'static Row> {
    elementwise::table().filter(|row| !row.facts.hidden)
}

/// All names, in order.
pub(crate) fn names() -> &'static [&'static str] {
    &NAMES
}

/// The function of a name for a number of arguments.
pub(crate) fn find(name: &str, arguments: usize) -> Result<Function, String> {
    let others = OTHERS.iter().filter(|(other, ..)| *other == name);
    let mut counts: Vec<usize> = others.clone().map(|(_, n, _)| *n).collect();
    if let Some((.., apply)) = others.clone().find(|(_, n, _)| *n == arguments) {
        return Ok(Function::Other(*apply));
    }
    if let Some(apply) = shaped::exact(name, arguments) {
        return Ok(Function::Shaped(apply));
    }
    counts.extend(shaped::counts(name));
    if let Some(row) = rows().find(|row| row.name == name || row.aliases.contains(&name)) {
        let most = usize::from(row.arity) + usize::from(row.has_number);
        let least = most - usize::from(row.facts.number.is_some());
        if (least..=most).contains(&arguments) {
            return Ok(Function::Row(row));
        }
        counts.extend(least..=most);
    }
    if counts.is_empty() {
        return Err(unknown(name));
    }
    counts.sort_unstable();
    counts.dedup();
    let counts: Vec<String> = counts.iter().map(usize::to_string).collect();
    let plural = if counts == ["1"] { "argument" } else { "arguments" };
    let most: usize = counts.last().and_then(|count| count.parse().ok()).unwrap_or(1);
    let example = ["x", "y", "z"][..most.min(3)].join(", ");
    Err(format!("{name} takes {} {plural}, not {arguments}; write {name}({example})", counts.join(" or ")))
}

pub(crate) fn unknown(name: &str) -> String {
    format!(
        "there is no function {name}; {}; `gradus explain` lists all; one is written as in tanh(x)",
        instead(name, names().iter().copied())
    )
}

pub(crate) fn broadcast(x: &[Var<'_>]) -> Result<(), String> {
    shapes_broadcast(x[0].shape(), x[1].shape())
}

pub(crate) fn shapes_broadcast(a: Shape, b: Shape) -> Result<(), String> {
    if a.broadcast(&b).is_some() {
        return Ok(());
    }
    let hint = if a.len() == 2 && b.len() == 2 && a[1] == b[0] {
        "; a matrix product is written `@`, as in A@B"
    } else {
        ""
    };
    let sizes = if hint.is_empty() { "; sizes are equal or 1, as in x=[1, 2] y=[3, 4]" } else { hint };
    Err(format!("shapes {a} and {b} do not fit element by element{sizes}"))
}

pub(crate) fn matmul<'t>(a: Var<'t>, b: Var<'t>) -> Result<Var<'t>, String> {
    let (m, n) = (a.shape(), b.shape());
    if m.is_empty() || n.is_empty() {
        return Err(format!("a matrix product needs vectors or matrices, not shapes {m} and {n}; write x*y"));
    }
    let (inner_a, inner_b) = (m[m.len() - 1], n[n.len().saturating_sub(2)]);
    if inner_a != inner_b {
        return Err(format!(
            "shapes {m} and {n}: the inner sizes {inner_a} and {inner_b} differ; a product is as in [2, 3] @ [3]"
        ));
    }
    let stacks = |shape: &Shape| Shape::new(&shape[..shape.len().saturating_sub(2)]);
    if stacks(&m).broadcast(&stacks(&n)).is_none() {
        return Err(format!("shapes {m} and {n}: the stacks of matrices do not fit"));
    }
    Ok(a.matmul(b))
}

pub(crate) fn several(x: Var<'_>) -> Result<Var<'_>, String> {
    if x.elements() < 2 { Err("needs at least two elements".to_string()) } else { Ok(x) }
}

fn axis(x: Var<'_>) -> Result<Var<'_>, String> {
    if x.rank() == 0 { Err("needs a vector or a matrix, not a number".to_string()) } else { Ok(x) }
}

pub(crate) fn matrix(x: Var<'_>) -> Result<Var<'_>, String> {
    if x.rank() == 2 {
        Ok(x)
    } else {
        Err(format!("needs a matrix, not shape {}, as in A=[[1, 2], [3, 4]]", x.shape()))
    }
}

fn vectors(x: &[Var<'_>]) -> Result<(), String> {
    let (a, b) = (x[0].shape(), x[1].shape());
    if a.len() == 1 && b.len() == 1 {
        Ok(())
    } else {
        Err(format!("needs two vectors, not shapes {a} and {b}"))
    }
}

fn same_shape(a: Var<'_>, b: Var<'_>) -> Result<(), String> {
    let (a, b) = (a.shape(), b.shape());
    if a == b { Ok(()) } else { Err(format!("needs equal shapes, not {a} and {b}")) }
}

fn same_length(a: Var<'_>, b: Var<'_>) -> Result<(), String> {
    vectors(&[a, b])?;
    same_shape(a, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_their_arguments() {
        assert!(matches!(find("tanh", 1), Ok(Function::Row(row)) if row.name == "tanh"));
        assert!(matches!(find("log", 1), Ok(Function::Row(row)) if row.name == "ln"));
        assert!(matches!(find("elu", 1), Ok(Function::Row(_))));
        assert!(matches!(find("elu", 2), Ok(Function::Row(_))));
        assert!(matches!(find("max", 2), Ok(Function::Other(_))));
        assert_eq!(find("tanh", 2).err().unwrap(), "tanh takes 1 argument, not 2; write tanh(x)");
        assert_eq!(find("max", 3).err().unwrap(), "max takes 1 or 2 arguments, not 3; write max(x, y)");
        assert_eq!(find("hypot", 1).err().unwrap(), "hypot takes 2 arguments, not 1; write hypot(x, y)");
        let unknown = find("thanh", 1).err().unwrap();
        assert!(unknown.starts_with("there is no function thanh; the nearest of "), "{unknown}");
        assert!(unknown.contains(" are tanh, "), "{unknown}");
    }

    #[test]
    fn every_word_of_a_row_means_it() {
        let words =
            |row: &'static Row| row.aliases.iter().copied().chain([row.name]).map(move |word| (word, row));
        for (word, row) in rows().flat_map(words) {
            let arguments = usize::from(row.arity) + usize::from(row.has_number);
            assert!(
                matches!(find(word, arguments), Ok(Function::Row(found)) if found.name == row.name),
                "{word}"
            );
        }
        assert!(find("scale", 2).is_err() && find("powf", 2).is_err());
    }
}
