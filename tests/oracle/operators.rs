//! Python's operators, attributes and subscripts over values.

use gradus_autograd::{Tape, Var};
use gradus_tensor::{DType, Slice, Tensor};

use crate::table;
use crate::value::Val;

fn plain(x: &Val<'_>) -> bool {
    matches!(x, Val::F(_) | Val::I(_) | Val::B(_))
}

/// Whether a value is, or becomes, a float on the tape.
fn floats(x: &Val<'_>) -> bool {
    match x {
        Val::V(_) | Val::F(_) => true,
        Val::T(t) => t.dtype().is_float(),
        _ => false,
    }
}

/// `a op b`.
pub(crate) fn binary<'t>(sign: &str, a: &Val<'t>, b: &Val<'t>, tape: &'t Tape) -> Val<'t> {
    if let (Val::List(a), Val::List(b), "+") = (a, b, sign) {
        return Val::List(a.iter().chain(b).cloned().collect());
    }
    if let (Val::I(a), Val::I(b)) = (a, b) {
        match sign {
            "+" => return Val::I(a + b),
            "-" => return Val::I(a - b),
            "*" => return Val::I(a * b),
            "//" => return Val::I(a.div_euclid(*b)),
            "%" => return Val::I(a.rem_euclid(*b)),
            "**" if *b >= 0 => return Val::I(a.pow(*b as u32)),
            _ => {}
        }
    }
    if plain(a) && plain(b) {
        return Val::F(scalar(sign, a.number(), b.number()));
    }
    if matches!(sign, "&" | "|" | "^") {
        let (a, b) = (a.tensor(), b.tensor());
        return Val::T(match sign {
            "&" => a.and(&b),
            "|" => a.or(&b),
            _ => a.xor(&b),
        });
    }
    if !floats(a) && !floats(b) && matches!(sign, "+" | "-" | "*") {
        let (a, b) = (a.tensor().to(DType::I64), b.tensor().to(DType::I64));
        return Val::T(match sign {
            "+" => &a + &b,
            "-" => &a - &b,
            _ => &a * &b,
        });
    }
    Val::V(on_tape(sign, a, b, tape))
}

fn scalar(sign: &str, a: f64, b: f64) -> f64 {
    match sign {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => a / b,
        "//" => (a / b).floor(),
        "%" => a - b * (a / b).floor(),
        "**" => a.powf(b),
        other => panic!("unsupported: operator `{other}` on numbers"),
    }
}

fn on_tape<'t>(sign: &str, a: &Val<'t>, b: &Val<'t>, tape: &'t Tape) -> Var<'t> {
    if plain(b) {
        let (x, c) = (a.var(tape), b.number());
        match sign {
            "+" => return x + c,
            "-" => return x - c,
            "*" => return x * c,
            "/" => return x / c,
            "**" => return x.powf(c),
            _ => {}
        }
    }
    if plain(a) {
        let (c, x) = (a.number(), b.var(tape));
        match sign {
            "+" => return c + x,
            "-" => return c - x,
            "*" => return c * x,
            "/" => return c / x,
            "**" => return x.number_pow(c),
            _ => {}
        }
    }
    let (x, y) = (a.var(tape), b.var(tape));
    match sign {
        "+" => x + y,
        "-" => x - y,
        "*" => x * y,
        "/" => x / y,
        "//" => (x / y).floor(),
        "%" => x.remainder(y),
        "@" => x.matmul(y),
        "**" => x.pow(y),
        other => panic!("unsupported: operator `{other}` on tensors"),
    }
}

/// `a < b` and its relatives.
pub(crate) fn compare<'t>(sign: &str, a: &Val<'t>, b: &Val<'t>) -> Val<'t> {
    if let (Val::S(a), Val::S(b)) = (a, b) {
        return Val::B(if sign == "==" { a == b } else { a != b });
    }
    let result = {
        let (a, b) = (a.tensor(), b.tensor());
        match sign {
            "==" => a.eq(&b),
            "!=" => a.ne(&b),
            "<=" => a.le(&b),
            ">=" => a.ge(&b),
            "<" => a.lt(&b),
            _ => a.gt(&b),
        }
    };
    if plain(a) && plain(b) { Val::B(result.item() != 0.0) } else { Val::T(result) }
}

/// `-x`, `+x`, `~x`.
pub(crate) fn unary<'t>(sign: &str, x: &Val<'t>) -> Val<'t> {
    match (sign, x) {
        ("+", x) => x.clone(),
        ("-", Val::I(i)) => Val::I(-i),
        ("-", Val::F(f)) => Val::F(-f),
        ("-", Val::V(v)) => Val::V(-*v),
        ("-", Val::T(t)) => Val::T(-t),
        ("~", x) => Val::T(x.tensor().logical_not()),
        (_, x) => panic!("unsupported: `{sign}` on {x:?}"),
    }
}

/// `x.name`.
pub(crate) fn attribute<'t>(x: Val<'t>, name: &str) -> Result<Val<'t>, String> {
    match (&x, name) {
        (Val::Name(path), "inf") if path == "torch" || path == "math" => Ok(Val::F(f64::INFINITY)),
        (Val::Name(path), "pi") if path == "torch" || path == "math" => Ok(Val::F(std::f64::consts::PI)),
        (Val::Name(path), "nan") if path == "torch" || path == "math" => Ok(Val::F(f64::NAN)),
        (Val::Name(path), "float64" | "double" | "float32" | "float") if path == "torch" => {
            Ok(Val::D(DType::F64))
        }
        (Val::Name(path), "int64" | "long") if path == "torch" => Ok(Val::D(DType::I64)),
        (Val::Name(path), "bool") if path == "torch" => Ok(Val::D(DType::Bool)),
        (Val::Name(path), _) => Ok(Val::Name(format!("{path}.{name}"))),
        (Val::List(items), "values" | "solution" | "Q" | "U" | "eigenvalues" | "sign" | "min") => {
            Ok(items[0].clone())
        }
        (Val::List(items), "indices" | "R" | "S" | "eigenvectors" | "logabsdet" | "max") => {
            Ok(items[1].clone())
        }
        (Val::List(items), "Vh") => Ok(items[2].clone()),
        (Val::V(_) | Val::T(_), "shape") => {
            Ok(Val::List(x.tensor().shape().iter().map(|&n| Val::I(n as i64)).collect()))
        }
        (Val::V(_) | Val::T(_), "ndim") => Ok(Val::I(x.tensor().rank() as i64)),
        (Val::V(_) | Val::T(_), "dtype") => Ok(Val::D(x.tensor().dtype())),
        (Val::V(v), "T" | "mT") => Ok(Val::V(v.t())),
        (Val::T(t), "T" | "mT") => Ok(Val::T(t.t())),
        (Val::V(_) | Val::T(_), _) => Ok(Val::Method(Box::new(x), name.to_string())),
        _ => Err(format!("unsupported: attribute `{name}` of {x:?}")),
    }
}

/// `x[places]`.
pub(crate) fn subscript<'t>(x: &Val<'t>, places: &[Val<'t>], tape: &'t Tape) -> Result<Val<'t>, String> {
    match x {
        Val::List(items) => match places {
            [Val::I(i)] => {
                let n = items.len() as i64;
                items.get(i.rem_euclid(n.max(1)) as usize).cloned().ok_or_else(|| format!("no item {i}"))
            }
            [Val::Slice(bounds)] => {
                let (start, n, step) = slice_of(bounds).resolve(items.len());
                let pick = |k: usize| items[(start as isize + k as isize * step) as usize].clone();
                Ok(Val::List((0..n).map(pick).collect()))
            }
            other => Err(format!("unsupported: a list at {other:?}")),
        },
        Val::V(x) => Ok(Val::V(index(*x, places))),
        Val::T(t) => {
            let float = t.dtype().is_float();
            let x = tape.constant(if float { t.clone() } else { t.to(DType::F64) });
            let y = index(x, places);
            Ok(if float { Val::V(y) } else { Val::T(y.value().to(t.dtype())) })
        }
        other => table::call("__getitem__", vec![other.clone(), Val::List(places.to_vec())], vec![], tape),
    }
}

fn slice_of(bounds: &[Option<i64>; 3]) -> Slice {
    Slice {
        start: bounds[0].map(|i| i as isize),
        end: bounds[1].map(|i| i as isize),
        step: bounds[2].unwrap_or(1) as isize,
    }
}

/// Slices, numbers, `None` and `...` first, each on its axis; then the index tensors together.
pub(crate) fn index<'t>(mut x: Var<'t>, places: &[Val<'t>]) -> Var<'t> {
    let takes = |p: &Val<'_>| match p {
        Val::Ellipsis | Val::None => 0,
        Val::T(t) if t.dtype() == DType::Bool => t.rank(),
        _ => 1,
    };
    let used: usize = places.iter().map(takes).sum();
    let rest = x.rank().saturating_sub(used);
    let mut axis = 0;
    let mut tensors: Vec<Option<Tensor>> = vec![];
    // A number beside index tensors is an index tensor, too.
    let advanced = places.iter().any(|p| matches!(p, Val::T(_) | Val::List(_)));
    for place in places {
        match place {
            Val::Ellipsis => {
                axis += rest;
                tensors.extend(std::iter::repeat_n(None, rest));
            }
            Val::None => {
                x = x.unsqueeze(axis as isize);
                axis += 1;
                tensors.push(None);
            }
            Val::Slice(bounds) => {
                x = x.slice(axis as isize, slice_of(bounds));
                axis += 1;
                tensors.push(None);
            }
            Val::I(i) if !advanced => x = x.select(axis as isize, *i as isize),
            other => {
                let t = other.tensor();
                axis += takes(other);
                tensors.push(Some(t));
            }
        }
    }
    if tensors.iter().any(Option::is_some) { x.at(&tensors) } else { x }
}
