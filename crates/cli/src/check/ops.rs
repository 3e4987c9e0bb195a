//! The operations that can be checked by name: every row of the elementwise table, and a list of the others with the
//! shapes they are tried on.

use gradus::autograd::ops::elementwise;
use gradus::autograd::ops::{ConvOptions, HuberOptions, Padding, Pool};
use gradus::autograd::{Row, Tape, Var};
use gradus::tensor::{DType, Tensor, rng};

use super::function::Function;

/// Where the arguments of a row lie if not between -2 and 2; the second bounds are those of a second input.
const DOMAINS: [(&str, [f64; 4]); 13] = [
    ("recip", [0.5, 2.0, 0.0, 0.0]),
    ("number_over", [0.5, 2.0, 0.0, 0.0]),
    ("acosh", [1.3, 3.0, 0.0, 0.0]),
    ("pow", [0.4, 2.0, -2.0, 2.0]),
    ("div", [-2.0, 2.0, 0.5, 2.0]),
    ("xlogy", [-2.0, 2.0, 0.4, 2.0]),
    ("xlog1py", [-2.0, 2.0, -0.5, 2.0]),
    ("fmod", [-2.0, 2.0, 0.6, 1.4]),
    ("remainder", [-2.0, 2.0, 0.6, 1.4]),
    ("atan2", [0.4, 2.0, -2.0, 2.0]),
    ("hypot", [0.4, 2.0, -2.0, 2.0]),
    ("powf", [0.4, 2.0, 0.0, 0.0]),
    ("tan", [-1.0, 1.0, 0.0, 0.0]),
];

/// Straight-through estimators: their slope is not the derivative, on purpose.
const NOT_A_DERIVATIVE: [&str; 1] = ["round_straight_through"];

/// An operation that is no row: its shapes, the bounds of its elements, and a use of it.
struct Entry {
    name: &'static str,
    shapes: &'static [&'static [usize]],
    bounds: [f64; 2],
    f: for<'t> fn(&[Var<'t>]) -> Var<'t>,
}

macro_rules! entries {
    ($($name:literal [$($shape:expr),*] $($low:literal .. $high:literal)? => $f:expr;)*) => {
        const ENTRIES: &[Entry] = &[$(Entry {
            name: $name,
            shapes: &[$(&$shape),*],
            bounds: bounds(&[$($low, $high)?]),
            f: $f,
        }),*];
    };
}

const fn bounds(given: &[f64]) -> [f64; 2] {
    if given.len() == 2 { [given[0], given[1]] } else { [-1.0, 1.0] }
}

entries! {
    "sum" [[3, 4]] => |x| x[0].sum_axes(0).square();
    "mean" [[3, 4]] => |x| x[0].mean_axes(1).square();
    "prod" [[3, 4]] => |x| x[0].prod_axes(1);
    "max" [[3, 4]] => |x| x[0].max_axes(1).square();
    "min" [[3, 4]] => |x| x[0].min_axes(0).square();
    "logsumexp" [[3, 4]] => |x| x[0].logsumexp_axes(1);
    "var" [[3, 4]] => |x| x[0].var_axes(0, 1);
    "std" [[3, 4]] => |x| x[0].std_axes(1, 1);
    "norm" [[3, 4]] 0.3..1.0 => |x| x[0].norm_axes(1);
    "reshape" [[3, 4]] => |x| x[0].reshape([2, 6]).square();
    "permute" [[2, 3, 2]] => |x| x[0].permute([2, 0, 1]).square();
    "expand" [[3, 1]] => |x| x[0].expand([2, 3, 4]).square();
    "flip" [[3, 4]] => |x| x[0].flip(1).square();
    "cat" [[2, 3], [2, 2]] => |x| Var::cat(x, 1).square();
    "stack" [[2, 3], [2, 3]] => |x| Var::stack(x, 1).square();
    "pad" [[2, 4]] => |x| x[0].pad(&[(1, (2, 1))], Padding::Reflect).square();
    "cumsum" [[3, 4]] => |x| x[0].cumsum(1).square();
    "cumprod" [[2, 4]] => |x| x[0].cumprod(1);
    "logcumsumexp" [[2, 4]] => |x| x[0].logcumsumexp(1);
    "diagonal" [[3, 4]] => |x| x[0].diagonal(1, 0, 1).square();
    "tril" [[3, 3]] => |x| x[0].tril(0).square();
    "gather" [[2, 3]] => |x| x[0].gather(1, &Tensor::from([[0i64, 0], [2, 1]])).square();
    "scatter_add" [[2, 3], [2, 2]] => |x| x[0].scatter_add(1, &Tensor::from([[0i64, 0], [2, 1]]), x[1]).square();
    "index_select" [[3, 2]] => |x| x[0].index_select(0, &Tensor::from([2i64, 0, 2])).square();
    "sort" [[2, 4]] => |x| x[0].sort(1, true).0.square();
    "matmul" [[3, 4], [4, 2]] => |x| x[0].matmul(x[1]);
    "linear" [[3, 4], [2, 4], [2]] => |x| x[0].linear(x[1], Some(x[2]));
    "einsum" [[2, 3], [3, 4]] => |x| Var::einsum("ij,jk->ki", x);
    "dot" [[4], [4]] => |x| x[0].dot(x[1]);
    "outer" [[3], [4]] => |x| x[0].outer(x[1]);
    "trace" [[3, 3]] => |x| x[0].matmul(x[0]).trace();
    "matrix_exp" [[3, 3]] => |x| x[0].matrix_exp();
    "conv" [[1, 2, 5, 4], [2, 2, 3, 2], [2]] => |x| x[0].conv(x[1], Some(x[2]), &ConvOptions::default());
    "conv_transpose" [[1, 2, 3, 2], [2, 2, 2, 2]] => |x| x[0].conv_transpose(x[1], None, &ConvOptions::default(), &[0, 0]);
    "avg_pool" [[1, 2, 4, 4]] => |x| x[0].avg_pool(&Pool::of(2)).square();
    "max_pool" [[1, 2, 4, 4]] => |x| x[0].max_pool(&Pool::of(2)).0.square();
    "layer_norm" [[3, 4], [4], [4]] => |x| x[0].layer_norm(x[1], x[2], 1e-5);
    "rms_norm" [[3, 4]] => |x| x[0].rms_norm(1, 1e-5);
    "softmax" [[3, 4]] => |x| x[0].softmax(1);
    "log_softmax" [[3, 4]] => |x| x[0].log_softmax(1);
    "attention" [[2, 3, 4], [2, 3, 4], [2, 3, 4]] => |x| x[0].attention(x[1], x[2], &gradus::autograd::ops::Attention::default());
    "cross_entropy" [[3, 4]] => |x| x[0].cross_entropy(&Tensor::from([0i64, 3, 1]));
    "mse" [[3, 4], [3, 4]] => |x| x[0].mse(x[1]);
    "huber_loss" [[3, 4], [3, 4]] => |x| x[0].huber_loss_with(x[1], &HuberOptions { delta: 0.5, ..HuberOptions::default() });
}

/// All names, rows first.
pub(crate) fn names() -> Vec<&'static str> {
    let rows = elementwise::table().map(|row| row.name).filter(|name| !NOT_A_DERIVATIVE.contains(name));
    let mut rows: Vec<&str> = rows.collect();
    rows.sort_unstable();
    rows.into_iter().chain(ENTRIES.iter().map(|entry| entry.name)).collect()
}

/// The operation of a name at random inputs.
pub(crate) fn find(name: &str, seed: u64) -> Option<Function> {
    if let Some(entry) = ENTRIES.iter().find(|entry| entry.name == name) {
        let mut rng = rng(seed);
        let [low, high] = entry.bounds;
        let draw = |&shape: &&[usize]| Tensor::uniform_of(shape, low, high, DType::F64, &mut rng);
        let inputs: Vec<Tensor> = entry.shapes.iter().map(draw).collect();
        let about = format!("operation {name}, inputs {} drawn from {low} to {high}", shapes(&inputs));
        return Some(Function::new(about, inputs, Box::new(entry.f)));
    }
    let row = elementwise::table().find(|row| row.name == name && !NOT_A_DERIVATIVE.contains(&name))?;
    Some(of_row(row, seed))
}

fn of_row(row: &'static Row, seed: u64) -> Function {
    let [a_low, a_high, b_low, b_high] = domain(row);
    let mut rng = rng(seed);
    let mut draw = |low, high| Tensor::uniform_of([2, 3], low, high, DType::F64, &mut rng);
    let mut inputs = vec![draw(a_low, a_high)];
    let mut range = format!("{a_low} to {a_high}");
    if row.arity == 2 {
        inputs.push(draw(b_low, b_high));
        range = format!("{range} and {b_low} to {b_high}");
    }
    let carried = if row.has_number { format!(" with the number {}", number(row)) } else { String::new() };
    let about = format!("elementwise {}{carried}, inputs {} drawn from {range}", row.name, shapes(&inputs));
    Function::new(about, inputs, Box::new(move |x| row.apply(x, number(row))))
}

/// The number of a row that carries one.
fn number(row: &Row) -> f64 {
    match row.name {
        "polygamma" => 1.0,
        "powf" => 2.3,
        _ => 0.7,
    }
}

/// The bounds of each input: from the list; else -2 to 2, or within 0 and 1 if the row is not finite there.
fn domain(row: &'static Row) -> [f64; 4] {
    if let Some((_, domain)) = DOMAINS.iter().find(|(name, _)| *name == row.name) {
        return *domain;
    }
    let tape = Tape::new();
    let points = tape.var(Tensor::from([-2.0, -1.3, -0.6, 0.6, 1.3, 2.0]));
    let inputs = [points, points];
    let y = row.apply(&inputs[..usize::from(row.arity)], number(row)).value();
    let finite = y.to_f64_vec().iter().all(|y| y.is_finite());
    if finite { [-2.0, 2.0, -2.0, 2.0] } else { [0.2, 0.9, 0.2, 0.9] }
}

fn shapes(inputs: &[Tensor]) -> String {
    inputs.iter().map(|x| x.shape().to_string()).collect::<Vec<_>>().join(" ")
}
