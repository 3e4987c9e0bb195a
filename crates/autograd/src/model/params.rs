//! Structures of parameters: what a layer or a model lets others visit.

use super::param::Param;

/// A structure that holds parameters: a layer, a model, a list of layers. Usually made by [`params!`](crate::params).
///
/// ```
/// use gradus_autograd::{Param, Params, params};
///
/// struct Line { slope: Param, offset: Param }
/// params!(Line { slope, offset });
///
/// let mut line = Line { slope: Param::new([1.0, 2.0]), offset: Param::new(0.0) };
/// for (name, param) in line.params() {
///     println!("{name}: {}", param.value()); // slope: [1. 2.], offset: 0.
/// }
/// assert_eq!(line.trainable_elements(), 3);
/// line.params_mut().into_iter().for_each(|(_, param)| param.freeze());
/// assert_eq!(line.trainable_elements(), 0);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` holds no parameters",
    note = "a field named in `params!(Model {{ … }})` is a `Param`, a layer, or a `Vec`, an array or an `Option` of them: leave \
            other fields out",
    note = "for a structure of your own, `params!({Self} {{ … }})` with its fields implements it"
)]
pub trait Params {
    /// Calls `f(path, parameter)` for each parameter, in order; `path` is `prefix` and the names of the fields on the
    /// way, joined by dots.
    fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a Param));

    /// As [`Self::visit`], to change them.
    fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut Param));

    /// All parameters with their paths.
    fn params(&self) -> Vec<(String, &Param)> {
        let mut all = Vec::new();
        self.visit("", &mut |path, param| all.push((path.to_string(), param)));
        all
    }

    /// All parameters with their paths, to change them.
    fn params_mut(&mut self) -> Vec<(String, &mut Param)> {
        let mut all = Vec::new();
        self.visit_mut("", &mut |path, param| all.push((path.to_string(), param)));
        all
    }

    /// The number of trainable elements.
    fn trainable_elements(&self) -> usize {
        self.params().iter().filter(|(_, p)| p.is_trainable()).map(|(_, p)| p.value().elements()).sum()
    }
}

/// `prefix.name`, or `name` at the top.
pub fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_string() } else { format!("{prefix}.{name}") }
}

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

impl<P: Params> Params for Vec<P> {
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

impl<P: Params, const N: usize> Params for [P; N] {
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

/// Implements [`Params`] for a struct from the names of the fields that hold parameters: `params!(Linear { weight, bias })`.
/// The order is that of `state_dict`. A struct without any: `params!(Relu {})`.
#[macro_export]
macro_rules! params {
    ($name:ident $(<$($gen:ident),+>)? { $($field:ident),* $(,)? }) => {
        impl $(<$($gen: $crate::Params),+>)? $crate::Params for $name $(<$($gen),+>)? {
            #[allow(unused_variables, reason = "a struct may have no parameters")]
            fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a $crate::Param)) {
                $($crate::Params::visit(&self.$field, &$crate::join(prefix, stringify!($field)), f);)*
            }
            #[allow(unused_variables, reason = "a struct may have no parameters")]
            fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut $crate::Param)) {
                $($crate::Params::visit_mut(&mut self.$field, &$crate::join(prefix, stringify!($field)), f);)*
            }
        }
    };
}
