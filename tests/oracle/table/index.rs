//! Selection by index and mask.

use gradus_autograd::Var;
use gradus_autograd::ops::{Bag, ScatterReduce};
use gradus_tensor::{DType, Tensor};

use crate::args::Args;
use crate::value::Val;

/// An index for a value: a scalar index goes with a scalar value.
fn index_like(c: &Args<'_>, name: &str, x: Var<'_>) -> Tensor {
    let index = c.index(name);
    if index.rank() == 0 && x.rank() == 1 { index.reshape([1]) } else { index }
}

fn how(text: &str) -> ScatterReduce {
    match text {
        "sum" => ScatterReduce::Sum,
        "mean" => ScatterReduce::Mean,
        "prod" => ScatterReduce::Prod,
        "amax" => ScatterReduce::Max,
        "amin" => ScatterReduce::Min,
        other => panic!("unsupported: reduce = {other}"),
    }
}

/// The source of a scatter: a value in the shape of the index, or a number for all places.
fn source<'t>(c: &Args<'t>, index: &Tensor) -> Var<'t> {
    let source = c.get("src").or_else(|| c.get("value")).unwrap_or_else(|| panic!("unsupported: no source"));
    match source {
        Val::F(_) | Val::I(_) => {
            c.tape.constant(Tensor::full_of(*index.shape(), source.number(), DType::F64))
        }
        other => {
            let x = other.var(c.tape);
            if x.rank() == 0 { x.reshape(vec![1; index.rank()]).expand(*index.shape()) } else { x }
        }
    }
}

fn scatter<'t>(c: &Args<'t>) -> Var<'t> {
    let x = c.vec("input");
    let index = index_like(c, "index", x);
    let source = source(c, &index);
    let axis = c.axis("dim", 0);
    c.back(match c.text("reduce", "none").as_str() {
        "none" => x.scatter(axis, &index, source),
        "add" => x.scatter_add(axis, &index, source),
        "multiply" => x.scatter_reduce(axis, &index, source, ScatterReduce::Prod, true),
        other => panic!("unsupported: reduce = {other}"),
    })
}

fn vector_source<'t>(c: &Args<'t>, x: Var<'t>) -> Var<'t> {
    let source = c.v("source");
    if source.rank() == 0 && x.rank() == 1 { source.reshape([1]) } else { source }
}

/// One index tensor for each axis, as `index_put` takes them.
fn places(c: &Args<'_>, name: &str) -> Vec<Option<Tensor>> {
    c.val(name).items().iter().map(|x| (!x.is_none()).then(|| x.tensor())).collect()
}

/// The table and the places, in either order: the functions take the places first, the data give the table first.
fn table_and_places<'t>(c: &Args<'t>) -> (Var<'t>, Tensor) {
    let (mut table, mut places) = (c.val("weight"), c.val("input"));
    if matches!(places, Val::V(_)) {
        std::mem::swap(&mut table, &mut places);
    }
    (table.var(c.tape), places.tensor().to(DType::I64))
}

fn bags(c: &Args<'_>, index: &Tensor) -> Vec<Vec<i64>> {
    let flat = index.to_vec::<i64>();
    if index.rank() == 2 {
        let width = index.shape()[1].max(1);
        return flat.chunks(width).map(<[i64]>::to_vec).collect();
    }
    let mut bounds: Vec<usize> = c.ints("offsets").unwrap_or_default().iter().map(|&n| n as usize).collect();
    if !c.flag("include_last_offset", false) {
        bounds.push(flat.len());
    }
    bounds.windows(2).map(|w| flat[w[0]..w[1]].to_vec()).collect()
}

fn embedding_bag<'t>(c: &Args<'t>) -> Val<'t> {
    let how = match c.text("mode", "mean").as_str() {
        "sum" => Bag::Sum,
        "max" => Bag::Max,
        _ => Bag::Mean,
    };
    let (table, index) = table_and_places(c);
    let padding = c.get("padding_idx").map(|p| p.int().rem_euclid(table.shape()[0] as i64));
    let table = match c.get("max_norm") {
        None => table,
        Some(most) => renormed(table, &index.flatten(), c.num("norm_type", 2.0), most.number()),
    };
    let weights = c.opt("per_sample_weights").map(Var::flatten);
    c.has("sparse");
    c.has("scale_grad_by_freq");
    table.embedding_bag(&bags(c, &index), how, weights, padding).into()
}

/// Rows in use scaled down to a norm, without gradient through the norm.
fn renormed<'t>(table: Var<'t>, used: &Tensor, p: f64, most: f64) -> Var<'t> {
    let rows = table.detach().index_select(0, used).renorm(p, 0, most);
    let new = table.detach().index_copy(0, used, rows);
    table + (new - table.detach()).detach()
}

super::table! {
    "gather" ("input dim index sparse_grad") |c| {
        let x = c.vec("input");
        let index = index_like(c, "index", x);
        let scalar = c.index("index").rank() == 0;
        let y = x.gather(c.axis("dim", 0), &index);
        if scalar { y.reshape(()) } else { y }
    };
    "index_select" ("input dim index") |c| {
        let x = c.vec("input");
        let index = c.index("index");
        c.back(x.index_select(c.axis("dim", 0), &index.flatten()))
    };
    "take" ("input index") |c| {
        let (x, index) = (c.v("input"), c.index("index"));
        let n = x.elements() as i64;
        let places = index.to_vec::<i64>().iter().map(|i| i.rem_euclid(n)).collect();
        x.take(&Tensor::from_vec(places, *index.shape()))
    };
    "take_along_dim" ("input indices dim") |c| {
        let (x, index) = (c.v("input"), c.index("indices"));
        match c.opt_int("dim") {
            Some(axis) => x.take_along_axis(axis, &index),
            None => x.flatten().take_along_axis(0, &index.flatten()),
        }
    };
    "index_fill" ("input dim index value") |c| {
        let x = c.vec("input");
        let index = c.index("index").flatten();
        let size = x.shape()[gradus_tensor::axis_index("index_fill", c.axis("dim", 0), &x.shape())] as i64;
        let places: Vec<i64> = index.to_vec::<i64>().iter().map(|i| i.rem_euclid(size)).collect();
        let n = places.len();
        c.back(x.index_fill(c.axis("dim", 0), &Tensor::from_vec(places, n), c.v("value")))
    };
    "index_copy" ("input dim index source") |c| {
        let x = c.vec("input");
        let source = vector_source(c, x);
        c.back(x.index_copy(c.axis("dim", 0), &c.index("index").flatten(), source))
    };
    "index_add" ("input dim index source alpha") |c| {
        let x = c.vec("input");
        let source = vector_source(c, x) * c.num("alpha", 1.0);
        c.back(x.index_add(c.axis("dim", 0), &c.index("index").flatten(), source))
    };
    "index_reduce" ("input dim index source reduce include_self") |c| {
        let x = c.vec("input");
        let source = vector_source(c, x);
        let reduce = how(&c.text("reduce", ""));
        let own = c.flag("include_self", true);
        c.back(x.index_reduce(c.axis("dim", 0), &c.index("index").flatten(), source, reduce, own))
    };
    "index_put" ("input indices values accumulate") |c|
        c.v("input").put_at(&places(c, "indices"), c.v("values"), c.flag("accumulate", false));
    "__getitem__" ("input places") |c| {
        let items = match c.val("places") {
            Val::List(items) => items,
            other => vec![other],
        };
        crate::operators::index(c.v("input"), &items)
    };
    "put" ("input index source accumulate") |c|
        c.v("input").put(&c.index("index"), c.v("source"), c.flag("accumulate", false));
    "scatter" ("input dim index src value reduce") |c| scatter(c);
    "scatter_add" ("input dim index src") |c| {
        let x = c.vec("input");
        let index = index_like(c, "index", x);
        let source = source(c, &index);
        c.back(x.scatter_add(c.axis("dim", 0), &index, source))
    };
    "scatter_reduce" ("input dim index src reduce include_self") |c| {
        let x = c.vec("input");
        let index = index_like(c, "index", x);
        let source = source(c, &index);
        let reduce = how(&c.text("reduce", ""));
        c.back(x.scatter_reduce(c.axis("dim", 0), &index, source, reduce, c.flag("include_self", true)))
    };
    "masked_fill" ("input mask value") |c| c.v("value").where_(&c.t("mask"), c.v("input"));
    "masked_select" ("input mask") |c| c.v("input").masked_select(&c.t("mask"));
    "masked_scatter" ("input mask source") |c| c.v("input").masked_scatter(&c.t("mask"), c.v("source"));
    "where" ("condition input other") |c| match (c.val("condition"), c.val("input"), c.val("other")) {
        // As a method the value comes first: `a.where(condition, other)`.
        (a @ Val::V(_), condition, other) => a.var(c.tape).where_(&condition.tensor(), other.var(c.tape)),
        (condition, a, b) if condition.tensor().dtype() == DType::Bool =>
            a.var(c.tape).where_(&condition.tensor(), b.var(c.tape)),
        (a, condition, b) => a.var(c.tape).where_(&condition.tensor(), b.var(c.tape)),
    };
    "embedding" ("input weight padding_idx max_norm norm_type scale_grad_by_freq sparse") |c| {
        let (table, index) = table_and_places(c);
        let table = match c.get("max_norm") {
            None => table,
            Some(most) => renormed(table, &index.flatten(), c.num("norm_type", 2.0), most.number()),
        };
        let rows = table.shape()[0] as i64;
        c.has("sparse");
        assert!(!c.flag("scale_grad_by_freq", false), "unsupported: scale_grad_by_freq");
        table.embedding(&index, c.get("padding_idx").map(|p| p.int().rem_euclid(rows)))
    };
    "embedding_bag" ("input weight offsets max_norm norm_type scale_grad_by_freq mode sparse per_sample_weights include_last_offset padding_idx")
        |c| embedding_bag(c);
}
