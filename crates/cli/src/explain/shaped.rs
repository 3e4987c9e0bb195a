//! Functions that are given an axis, a shape or other numbers besides values: reductions along an axis, what moves elements,
//! and constants of a given shape. Everything is checked here, before an operation sees it.

use gradus::autograd::Var;
use gradus::tensor::{Axes, Tensor};

use super::evaluate::Value;
use super::functions::{matrix, several, shapes_broadcast, unknown};
use super::given::{Given, sizes, whole};

/// A call: what it was given, to a number or a value on the tape.
pub(crate) type Shaped = for<'t> fn(&Given<'t>) -> Result<Value<'t>, String>;

/// The name, the least and the most values and numbers, and the call.
const SHAPED: [(&str, usize, usize, Shaped); 32] = [
    ("sum", 1, 2, |g| g.reduced(Var::sum_keep)),
    ("mean", 1, 2, |g| g.reduced(Var::mean_keep)),
    ("prod", 1, 2, |g| g.reduced(Var::prod_keep)),
    // The second value of max and min is one to compare with.
    ("max", 1, 1, |g| g.reduced(Var::max_keep)),
    ("min", 1, 1, |g| g.reduced(Var::min_keep)),
    ("logsumexp", 1, 2, |g| g.reduced(Var::logsumexp_keep)),
    ("var", 1, 2, |g| spread(g, |x, axes| x.var_keep(axes, 1))),
    ("std", 1, 2, |g| spread(g, |x, axes| x.std_keep(axes, 1))),
    ("softmax", 1, 2, |g| g.along(Var::softmax)),
    ("log_softmax", 1, 2, |g| g.along(Var::log_softmax)),
    ("cumsum", 1, 2, |g| g.along(Var::cumsum)),
    ("cumprod", 1, 2, |g| g.along(Var::cumprod)),
    ("flip", 1, 2, |g| g.along(|x, axis| x.flip(axis))),
    ("unsqueeze", 1, 2, |g| {
        let axis = g.axis.map(whole).transpose()?.or(g.number(1)?).unwrap_or(0);
        let axis = g.within(axis, 1)?;
        sizes(&vec![1; g.x(0).rank() + 1])?;
        Ok(Value::Var(g.x(0).unsqueeze(axis)))
    }),
    ("squeeze", 1, 2, |g| {
        let (x, axis) = (g.x(0), g.axis(1)?);
        let Some(axis) = axis else { return Ok(Value::Var(x.squeeze())) };
        let place = if axis < 0 { axis + x.rank() as isize } else { axis } as usize;
        match x.shape()[place] {
            1 => Ok(Value::Var(x.squeeze_axis(axis))),
            n => Err(format!("axis {axis} of shape {} has size {n}, not 1", x.shape())),
        }
    }),
    ("transpose", 3, 3, |g| {
        let (a, b) = (g.number(1)?.unwrap_or(0), g.number(2)?.unwrap_or(0));
        let rank = g.x(0).rank() as isize;
        let place = |axis: isize| g.within(axis, 0).map(|axis| axis.rem_euclid(rank));
        let (a, b) = (place(a)?, place(b)?);
        let mut axes: Vec<isize> = (0..rank).collect();
        axes.swap(a as usize, b as usize);
        Ok(Value::Var(g.x(0).permute(axes)))
    }),
    ("reshape", 2, 2, reshape),
    ("view", 2, 2, reshape),
    ("expand", 2, 2, expand),
    ("expand_as", 2, 2, expand),
    ("where", 3, 3, |g| {
        let (mask, a, b) = (g.x(0), g.x(1), g.x(2));
        shapes_broadcast(a.shape(), b.shape())?;
        let both = a.shape().broadcast(&b.shape()).unwrap_or_else(|| a.shape());
        shapes_broadcast(mask.shape(), both)?;
        Ok(Value::Var(a.where_(&mask.value(), b)))
    }),
    ("ones_like", 1, 1, |g| Ok(Value::Var(g.constant(&g.x(0).value().ones_like())))),
    ("zeros_like", 1, 1, |g| Ok(Value::Var(g.constant(&g.x(0).value().zeros_like())))),
    ("eye", 1, 1, |g| {
        let n = g.number(0)?.unwrap_or(0);
        sizes(&[n, n])?;
        Ok(Value::Var(g.constant(&Tensor::eye(n as usize))))
    }),
    ("diag", 1, 1, |g| match g.x(0).rank() {
        1 => sizes(&[g.x(0).elements() as isize; 2]).map(|_| Value::Var(g.x(0).diag_embed(0))),
        _ => matrix(g.x(0)).map(|x| Value::Var(x.diagonal(0, 0, 1))),
    }),
    ("tril", 1, 2, |g| Ok(Value::Var(matrix(g.x(0))?.tril(g.number(1)?.unwrap_or(0))))),
    ("triu", 1, 2, |g| Ok(Value::Var(matrix(g.x(0))?.triu(g.number(1)?.unwrap_or(0))))),
    ("cat", 2, 3, |g| {
        let axis = g.axis(2)?.map_or_else(|| g.within(0, 0), Ok)?;
        let (a, b) = (g.x(0), g.x(1));
        let place = axis.rem_euclid(a.rank() as isize) as usize;
        let fits = a.rank() == b.rank()
            && a.shape().iter().zip(b.shape().iter()).enumerate().all(|(i, (a, b))| i == place || a == b);
        if fits {
            return Ok(Value::Var(Var::cat(&[a, b], axis)));
        }
        Err(format!("shapes {} and {} do not fit along axis {axis}", a.shape(), b.shape()))
    }),
    ("narrow", 4, 4, |g| {
        let axis = g.axis(1)?.unwrap_or(0);
        let (start, length) = (g.number(2)?.unwrap_or(0), g.number(3)?.unwrap_or(0));
        let size = g.x(0).shape()[axis.rem_euclid(g.x(0).rank() as isize) as usize];
        if start < 0 || length < 1 || start + length > size as isize {
            return Err(format!(
                "{length} elements from {start} on are not within axis {axis} of size {size}"
            ));
        }
        Ok(Value::Var(g.x(0).narrow(axis, start as usize, length as usize)))
    }),
    ("numel", 1, 1, |g| Ok(Value::Number(g.x(0).elements() as f64))),
    ("size", 1, 2, |g| {
        let shape = g.x(0).shape();
        let axis = g.axis(1)?.map(|axis| axis.rem_euclid(shape.len() as isize) as usize);
        Ok(Value::Number(axis.map_or(g.x(0).elements(), |axis| shape[axis]) as f64))
    }),
    ("detach", 1, 1, |g| Ok(Value::Var(g.x(0).detach()))),
];

/// Deviations need two elements.
fn spread<'t>(g: &Given<'t>, over: fn(Var<'t>, Axes) -> Var<'t>) -> Result<Value<'t>, String> {
    let x = g.x(0);
    let counted =
        g.axis(1)?.map_or(x.elements(), |axis| x.shape()[axis.rem_euclid(x.rank() as isize) as usize]);
    if counted < 2 {
        several(x.sum())?
    } else {
        x
    };
    g.reduced(over)
}

fn reshape<'t>(g: &Given<'t>) -> Result<Value<'t>, String> {
    let (x, mut wanted) = (g.x(0), g.shape(1)?);
    let known: isize = wanted.iter().filter(|&&size| size != -1).product();
    if let [place] =
        wanted.iter().enumerate().filter(|(_, s)| **s == -1).map(|(i, _)| i).collect::<Vec<_>>()[..]
    {
        wanted[place] = x.elements() as isize / known.max(1);
    }
    let shape = sizes(&wanted)?;
    if shape.iter().product::<usize>() != x.elements() {
        return Err(format!("shape {} has {} elements, {shape} has not", x.shape(), x.elements()));
    }
    Ok(Value::Var(x.reshape(shape)))
}

fn expand<'t>(g: &Given<'t>) -> Result<Value<'t>, String> {
    let (x, shape) = (g.x(0), sizes(&g.shape(1)?)?);
    if x.shape().broadcast(&shape) != Some(shape) {
        return Err(format!("shape {} cannot be repeated to {shape}", x.shape()));
    }
    Ok(Value::Var(x.expand(shape)))
}

/// All names.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    SHAPED.iter().map(|(name, ..)| *name)
}

/// How many arguments a name takes here.
pub(crate) fn counts(name: &str) -> impl Iterator<Item = usize> {
    SHAPED.iter().filter(move |(shaped, ..)| *shaped == name).flat_map(|(_, least, most, _)| *least..=*most)
}

/// The function of a name for a number of values and numbers.
pub(crate) fn exact(name: &str, arguments: usize) -> Option<Shaped> {
    let fits = |(shaped, least, most, _): &&(&str, usize, usize, Shaped)| {
        *shaped == name && (*least..=*most).contains(&arguments)
    };
    SHAPED.iter().find(fits).map(|(.., apply)| *apply)
}

/// The same where an argument has a name, or why there is none.
pub(crate) fn find(name: &str, arguments: usize) -> Result<Shaped, String> {
    exact(name, arguments).ok_or_else(|| {
        if !super::functions::names().contains(&name) {
            return unknown(name);
        }
        format!("{name} takes no argument with a name beside {arguments} without")
    })
}

#[cfg(test)]
mod tests {
    use crate::explain::Problem;
    use gradus::tensor::Tensor;

    fn value(text: &str) -> Result<Vec<f64>, String> {
        let x = Tensor::from([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]]);
        let v = Tensor::from([1.0, -2.0, 3.0]);
        let problem = Problem::among(text, &["x", "v"], &[x, v], &[]).map_err(|error| error.to_string())?;
        Ok(problem.value().map_err(|error| error.to_string())?.to_f64_vec())
    }

    #[test]
    fn each_gives_its_value() {
        let cases: [(&str, &[f64]); 30] = [
            ("sum(x, 0)", &[5.0, 7.0, 10.0]),
            ("x.sum(dim=1)", &[6.0, 16.0]),
            ("(x - x.mean(axis=0, keepdim=True)).sum(axis=0)", &[0.0; 3]),
            ("sum(sum(x, keepdims=true) * x) / 22", &[22.0]),
            ("max(x, axis=1)", &[3.0, 7.0]),
            ("max(x, 4)", &[4.0, 4.0, 4.0, 4.0, 5.0, 7.0]),
            ("min(x, axis=0)", &[1.0, 2.0, 3.0]),
            ("prod(x, 1)", &[6.0, 140.0]),
            ("var(x, axis=0)", &[4.5, 4.5, 8.0]),
            ("softmax(x*0, axis=0)", &[0.5; 6]),
            ("cumsum(x, 0)", &[1.0, 2.0, 3.0, 5.0, 7.0, 10.0]),
            ("flip(v)", &[3.0, -2.0, 1.0]),
            ("x.t.reshape([2, -1])", &[1.0, 4.0, 2.0, 5.0, 3.0, 7.0]),
            ("x.T @ [1, 1]", &[5.0, 7.0, 10.0]),
            ("transpose(x, 0, -1) - x.t", &[0.0; 6]),
            ("expand(v, [2, 3]) * (x > 4)", &[0.0, 0.0, 0.0, 0.0, -2.0, 3.0]),
            ("expand(2, v)", &[2.0, 2.0, 2.0]),
            ("where(v > 0, v, 10)", &[1.0, 10.0, 3.0]),
            ("v != -2", &[1.0, 0.0, 1.0]),
            ("3 <= v", &[0.0, 0.0, 1.0]),
            ("ones_like(v) * size(x, 0)", &[2.0, 2.0, 2.0]),
            ("zeros_like(v) + numel(x)", &[6.0, 6.0, 6.0]),
            ("eye(2)", &[1.0, 0.0, 0.0, 1.0]),
            ("diag(diag([[1, 2], [3, 4]]))", &[1.0, 0.0, 0.0, 4.0]),
            ("tril(x)", &[1.0, 0.0, 0.0, 4.0, 5.0, 0.0]),
            ("triu(x, 1)", &[0.0, 2.0, 3.0, 0.0, 0.0, 7.0]),
            ("cat(v, [9])", &[1.0, -2.0, 3.0, 9.0]),
            ("narrow(x, 1, 1, 2)", &[2.0, 3.0, 5.0, 7.0]),
            ("sum(v.unsqueeze(0).squeeze(0) - v)", &[0.0]),
            ("sum(size(x) * detach(v))", &[12.0]),
        ];
        for (text, want) in cases {
            assert_eq!(value(text).unwrap(), want, "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_said_at_its_name() {
        for (text, part) in [
            ("sum(x, 2)", "there is no axis 2 in shape [2, 3]; there are 0 to 1"),
            ("sum(2, axis=0)", "there is no axis 0: the value is a single number"),
            ("sum(x, 0.5)", "0.5 is no whole number"),
            ("sum(x, axis=v)", "axis is a number, not a variable"),
            ("sum(x, v)", "a whole number is wanted here"),
            ("sum(x, along=1)", "there is no argument along; there are axis and keepdim"),
            ("tanh(x, axis=1)", "tanh takes no argument with a name"),
            ("tahn(x, axis=1)", "there is no function tahn"),
            ("softmax(x, axis=0, keepdim=1)", "keepdim is for sums"),
            ("softmax(numel(x), axis=0)", "there is no axis 0"),
            ("reshape(x, [4, 2])", "shape [2, 3] has 6 elements, [4, 2] has not"),
            ("reshape(x, [-2, 3])", "a size is 1 or more"),
            ("expand(x, [4, 2])", "shape [2, 3] cannot be repeated to [4, 2]"),
            ("expand(v, [1000, 1000, 3])", "too large"),
            ("expand(v, [1, 1, 1, 1, 3])", "a list of at most 4 sizes"),
            ("where(x, v, [1, 2])", "do not fit element by element"),
            ("eye(1e5)", "too large"),
            ("eye(-1)", "a size is 1 or more"),
            ("squeeze(x, 0)", "axis 0 of shape [2, 3] has size 2, not 1"),
            ("narrow(v, 0, 2, 2)", "are not within axis 0 of size 3"),
            ("cat(x, v)", "do not fit along axis 0"),
            ("transpose(x, 0)", "transpose takes 3 arguments, not 2"),
            ("var([1], axis=0)", "needs at least two elements"),
            ("triu(v)", "needs a matrix, not shape [3]"),
            ("x.foo", "there is no function foo"),
            ("h * x", "there is no h here; there are x, v"),
            ("sum", "sum is a function"),
            ("v > [1, 2]", "do not fit element by element"),
        ] {
            let message = value(text).unwrap_err();
            assert!(message.contains(part), "{text}: {message}");
        }
        let message = value("2 * x.foo").unwrap_err();
        assert!(message.ends_with("\n  2 * x.foo\n        ^^^"), "{message}");
    }

    /// Whatever is written, there is a value or a sentence: nothing reaches an operation that would panic over it.
    #[test]
    fn nothing_panics() {
        const GIVEN: [&str; 10] = [
            "x",
            "v",
            "2",
            "0",
            "-1",
            "0.5",
            "[1, 2]",
            "narrow(v, 0, 0, 0)",
            "eye(0)",
            "expand(x, [2, 2, 3])",
        ];
        let tried = |text: String| {
            let found = std::panic::catch_unwind(|| value(&text).is_ok());
            assert!(found.is_ok(), "{text} panics");
        };
        for name in crate::explain::functions::names() {
            for a in GIVEN {
                tried(format!("{name}({a})"));
                tried(format!("{a}.{name}(axis=-1, keepdim=true)"));
                for b in GIVEN {
                    tried(format!("{name}({a}, {b})"));
                    for c in GIVEN.iter().filter(|_| super::exact(name, 3).is_some()) {
                        tried(format!("{name}({a}, {b}, {c})"));
                        tried(format!("{name}({a}, {b}, {c}, 1)"));
                    }
                }
            }
        }
        for (a, b) in GIVEN.iter().flat_map(|a| GIVEN.iter().map(move |b| (a, b))) {
            for sign in ["+", "-", "*", "/", "^", "@", "<", "=="] {
                tried(format!("{a} {sign} {b}"));
            }
            tried(format!("[{a}, {b}]"));
        }
    }
}
