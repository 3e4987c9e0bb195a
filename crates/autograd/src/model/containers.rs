//! Parameters in containers of the standard library and of `indexmap`: named by place, or by key.

use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::marker::PhantomData;

use indexmap::IndexMap;

use super::param::Param;
use super::params::{Params, join};

impl Params for Param {
    fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a Param)) {
        f(prefix, self);
    }
    fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut Param)) {
        f(prefix, self);
    }
}

impl<P: Params> Params for Option<P> {
    fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a Param)) {
        if let Some(inner) = self {
            inner.visit(prefix, f);
        }
    }
    fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut Param)) {
        if let Some(inner) = self {
            inner.visit_mut(prefix, f);
        }
    }
}

impl<P: Params + ?Sized> Params for Box<P> {
    fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a Param)) {
        (**self).visit(prefix, f);
    }
    fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut Param)) {
        (**self).visit_mut(prefix, f);
    }
}

/// So that a function that is not generic can be handed any model, as `&mut dyn Params`.
impl<P: Params + ?Sized> Params for &mut P {
    fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a Param)) {
        (**self).visit(prefix, f);
    }
    fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut Param)) {
        (**self).visit_mut(prefix, f);
    }
}

/// Named by place: `0`, `1`, …
impl<P: Params> Params for [P] {
    fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a Param)) {
        for (i, inner) in self.iter().enumerate() {
            inner.visit(&join(prefix, &i.to_string()), f);
        }
    }
    fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut Param)) {
        for (i, inner) in self.iter_mut().enumerate() {
            inner.visit_mut(&join(prefix, &i.to_string()), f);
        }
    }
}

/// PyTorch's `ModuleList` and `ParameterList`.
impl<P: Params> Params for Vec<P> {
    fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a Param)) {
        self[..].visit(prefix, f);
    }
    fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut Param)) {
        self[..].visit_mut(prefix, f);
    }
}

impl<P: Params, const N: usize> Params for [P; N] {
    fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a Param)) {
        self[..].visit(prefix, f);
    }
    fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut Param)) {
        self[..].visit_mut(prefix, f);
    }
}

/// PyTorch's `ModuleDict` and `ParameterDict`: named by key, in the order of insertion.
impl<P: Params, S: BuildHasher> Params for IndexMap<String, P, S> {
    fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a Param)) {
        for (key, inner) in self {
            inner.visit(&join(prefix, key), f);
        }
    }
    fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut Param)) {
        for (key, inner) in self {
            inner.visit_mut(&join(prefix, key), f);
        }
    }
}

/// Named by key, in its order.
impl<P: Params> Params for BTreeMap<String, P> {
    fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a Param)) {
        for (key, inner) in self {
            inner.visit(&join(prefix, key), f);
        }
    }
    fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut Param)) {
        for (key, inner) in self {
            inner.visit_mut(&join(prefix, key), f);
        }
    }
}

/// A structure without parameters.
impl<T: ?Sized> Params for PhantomData<T> {
    fn visit<'a>(&'a self, _: &str, _: &mut dyn FnMut(&str, &'a Param)) {}
    fn visit_mut<'a>(&'a mut self, _: &str, _: &mut dyn FnMut(&str, &'a mut Param)) {}
}

macro_rules! tuples {
    ($(($($P:ident $i:tt),*))*) => {$(
        impl<$($P: Params),*> Params for ($($P,)*) {
            fn visit<'a>(&'a self, _prefix: &str, _f: &mut dyn FnMut(&str, &'a Param)) {
                $(self.$i.visit(&join(_prefix, stringify!($i)), _f);)*
            }
            fn visit_mut<'a>(&'a mut self, _prefix: &str, _f: &mut dyn FnMut(&str, &'a mut Param)) {
                $(self.$i.visit_mut(&join(_prefix, stringify!($i)), _f);)*
            }
        }
    )*};
}

// A tuple of layers is named by place, as a list is.
tuples! {
    () (A 0) (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) (A 0, B 1, C 2, D 3, E 4) (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6) (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}
