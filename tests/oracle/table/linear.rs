//! Products.

use gradus_autograd::Var;

use crate::args::Args;
use crate::value::Val;

fn tensordot<'t>(c: &Args<'t>) -> Var<'t> {
    let (a, b) = (c.v("a"), c.v("b"));
    let axes = match c.get("dims").unwrap_or(Val::I(2)) {
        Val::I(n) => [(a.rank() as i64 - n..a.rank() as i64).collect::<Vec<_>>(), (0..n).collect()],
        list => [list.items()[0].ints(), list.items()[1].ints()],
    };
    let axes = axes.map(|list| list.iter().map(|&i| i as isize).collect::<Vec<_>>());
    let (mut a, mut b) = (a, b);
    for (&i, &j) in axes[0].iter().zip(&axes[1]) {
        // PyTorch lets an axis of size 1 run with any other.
        let size = |x: Var<'t>, i: isize| x.shape()[gradus_tensor::axis_index("tensordot", i, &x.shape())];
        match (size(a, i), size(b, j)) {
            (1, n) if n != 1 => b = b.sum_keep(j),
            (n, 1) if n != 1 => a = a.sum_keep(i),
            _ => {}
        }
    }
    a.tensordot(b, [&axes[0], &axes[1]])
}

fn linear<'t>(c: &Args<'t>) -> Var<'t> {
    let (x, w, b) = (c.v("input"), c.v("weight"), c.opt("bias"));
    if w.rank() == 1 {
        let y = x.matmul(w);
        return b.map_or(y, |b| y + b);
    }
    match b {
        Some(b) if b.rank() == 0 => x.linear(w, Some(b.reshape([1]).expand([w.shape()[0]]))),
        b => x.linear(w, b),
    }
}

fn cross<'t>(c: &Args<'t>, default: Option<isize>) -> Var<'t> {
    let (a, b) = (c.v("input"), c.v("other"));
    let first = || a.shape().iter().position(|&n| n == 3).map_or(-1, |p| p as isize);
    a.cross(b, c.opt_int("dim").or(default).unwrap_or_else(first))
}

fn matrix_power<'t>(c: &Args<'t>) -> Var<'t> {
    let (x, n) = (c.v("A"), c.int("n", 1));
    if n < 0 { x.inverse().matrix_power(n.unsigned_abs() as u32) } else { x.matrix_power(n as u32) }
}

super::table! {
    "matmul mm bmm mv" ("input other") |c| c.v("input").matmul(c.v("other"));
    "dot vdot" ("input other") |c| c.v("input").dot(c.v("other"));
    "outer ger" ("input vec2") |c| c.v("input").outer(c.v("vec2"));
    "inner" ("input other") |c| {
        let (a, b) = (c.v("input"), c.v("other"));
        if a.rank() == 0 || b.rank() == 0 { a * b } else { a.tensordot(b, [&[-1], &[-1]]) }
    };
    "linalg.vecdot" ("x y dim") |c| (c.v("x") * c.v("y")).sum_axes(c.axis("dim", -1));
    "addmm addmv" ("input mat1 mat2 beta alpha") |c|
        c.v("input").add_matmul(c.v("mat1"), c.v("mat2"), c.num("beta", 1.0), c.num("alpha", 1.0));
    "baddbmm" ("input batch1 batch2 beta alpha") |c|
        c.v("input").add_matmul(c.v("batch1"), c.v("batch2"), c.num("beta", 1.0), c.num("alpha", 1.0));
    "addbmm" ("input batch1 batch2 beta alpha") |c| {
        // The sum over the batch is one product, of the batch's rows side by side.
        let (a, b) = (c.v("batch1"), c.v("batch2"));
        let (rows, inner) = (a.shape()[1], a.shape()[0] * a.shape()[2]);
        let (a, b) = (a.transpose(0, 1).reshape([rows, inner]), b.reshape([inner, b.shape()[2]]));
        c.v("input").add_matmul(a, b, c.num("beta", 1.0), c.num("alpha", 1.0))
    };
    "addr" ("input vec1 vec2 beta alpha") |c| {
        let (a, b) = (c.v("vec1").unsqueeze(1), c.v("vec2").unsqueeze(0));
        c.v("input").add_matmul(a, b, c.num("beta", 1.0), c.num("alpha", 1.0))
    };
    "linear" ("input weight bias") |c| linear(c);
    "bilinear" ("input1 input2 weight bias") |c| c.v("input1").bilinear(c.v("input2"), c.v("weight"), c.opt("bias"));
    "tensordot" ("a b dims") |c| tensordot(c);
    "kron" ("input other") |c| c.v("input").kron(c.v("other"));
    "cross" ("input other dim") |c| cross(c, None);
    "linalg.cross" ("input other dim") |c| cross(c, Some(-1));
    "einsum" ("*all") |c| {
        let items = c.val("all").items();
        // The formula first, as Python has it, or behind a list of the operands, as the data give it.
        let (text, rest): (Vec<_>, Vec<_>) = items.into_iter().partition(|x| matches!(x, Val::S(_)));
        let operands: Vec<Var<'_>> = rest.iter().flat_map(Val::items).map(|x| x.var(c.tape)).collect();
        match &text[..] {
            [Val::S(formula)] => Var::einsum(formula, &operands),
            _ => panic!("unsupported: einsum without a formula"),
        }
    };
    "linalg.multi_dot chain_matmul" ("*tensors") |c| Var::multi_dot(&c.vars("tensors"));
    "linalg.matrix_power matrix_power" ("A n") |c| matrix_power(c);
    "linalg.matrix_exp matrix_exp" ("A") |c| c.v("A").matrix_exp();
    "linalg.vander" ("x N") |c| {
        let x = c.v("x");
        let n = c.size("N", x.shape().last().copied().unwrap_or(1));
        let ones = x * 0.0 + 1.0;
        let mut powers = vec![ones];
        for k in 1..n {
            powers.push(powers[k - 1] * x);
        }
        let y = Var::stack(&powers, -1);
        if x.rank() == 0 { y.reshape([1, n]) } else { y }
    };
}
