//! `params!`: the names of a structure's parameters, written once.

/// Implements [`Params`](crate::Params) from the names of the fields that hold parameters: `params!(Linear { weight, bias })`. The
/// order is that of `state_dict`. A struct without any: `params!(Relu {})`.
///
/// A field may be a [`Param`](crate::Param), another structure, an `Option`, a `Box`, a list, a map or a tuple of them.
///
/// ```
/// use gradus_autograd::{Param, Params, params};
///
/// struct Block<M, const N: usize> { r#type: Param, self_: M, heads: [Param; N], last: Last }
/// params!(Block<M, const N: usize> { r#type, "self": self_, heads, "": last }); // names that are no words of Rust; none
///
/// enum Last { Norm { scale: Param }, Line(Param), Nothing }
/// params!(enum Last { Norm { scale }, Line(param), Nothing });
///
/// let one = || Param::new(1.0);
/// let block = Block { r#type: one(), self_: (one(), one()), heads: [one()], last: Last::Norm { scale: one() } };
/// let names: Vec<String> = block.params().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["type", "self.0", "self.1", "heads.0", "scale"]);
/// # let _ = (Last::Line(one()), Last::Nothing);
/// ```
///
/// - `"name": field` gives another name than the field's; `"name": field.inner` reaches into it; `"name": 0` is a field of a tuple
///   struct. With the name `""` the parts stand under the structure's own name.
/// - The type parameters of a generic structure hold parameters, unless bounds say what they are: `params!(Layer<T: Copy> { … })`.
/// - Of an `enum`, a variant of one field stands under the enum's own name, `Conv(inner)`, and the fields of another have their
///   names, `Pair { left, right }`.
///
/// # Tied weights
/// A parameter that is used twice has one owner. `forward` lifts it in both places, and its gradient is the sum over both. A
/// second name, for the state dict, is written with `=`:
///
/// ```
/// use gradus_autograd::{Param, Params, params, value_and_grad};
///
/// struct Embedding { weight: Param }
/// params!(Embedding { weight });
/// struct Lm { embedding: Embedding, bias: Param }
/// params!(Lm { embedding, "head.weight" = embedding.weight, "head.bias": bias });
///
/// let lm = Lm { embedding: Embedding { weight: Param::new(3.0) }, bias: Param::new(0.5) };
/// let (_, grads) = value_and_grad(|tape| tape.param(&lm.embedding.weight) * tape.param(&lm.embedding.weight));
/// assert_eq!(grads.get(&lm.embedding.weight).unwrap().item(), 6.0);
/// assert_eq!(lm.params().len(), 2);                              // one parameter, which is stepped once
/// let mut names = Vec::new();
/// lm.visit("", &mut |name, _| names.push(name.to_string()));     // saved under both names, as PyTorch does
/// assert_eq!(names, ["embedding.weight", "head.weight", "head.bias"]);
/// ```
#[macro_export]
macro_rules! params {
    // An enum, or a struct; without or with type parameters.
    (enum $name:ident { $($body:tt)* }) => { $crate::params!(@enum [] $name [] $($body)*); };
    (enum $name:ident < $($rest:tt)*) => { $crate::params!(@generics enum $name [] [] $($rest)*); };
    ($name:ident { $($body:tt)* }) => { $crate::params!(@struct [] $name [] $($body)*); };
    ($name:ident < $($rest:tt)*) => { $crate::params!(@generics struct $name [] [] $($rest)*); };

    // Type parameters one by one: what stands behind `impl`, and what behind the name. The closing `>` ends them.
    (@generics $kind:ident $name:ident [$($p:tt)*] [$($a:tt)*] const $n:ident : $t:ty, $($rest:tt)*) => {
        $crate::params!(@generics $kind $name [$($p)* const $n: $t,] [$($a)* $n,] $($rest)*);
    };
    (@generics $kind:ident $name:ident [$($p:tt)*] [$($a:tt)*] const $n:ident : $t:ty > $($rest:tt)*) => {
        $crate::params!(@generics $kind $name [$($p)* const $n: $t,] [$($a)* $n,] > $($rest)*);
    };
    (@generics $kind:ident $name:ident [$($p:tt)*] [$($a:tt)*] $l:lifetime $(, $($rest:tt)*)?) => {
        $crate::params!(@generics $kind $name [$($p)* $l,] [$($a)* $l,] $($($rest)*)?);
    };
    (@generics $kind:ident $name:ident [$($p:tt)*] [$($a:tt)*] $l:lifetime > $($rest:tt)*) => {
        $crate::params!(@generics $kind $name [$($p)* $l,] [$($a)* $l,] > $($rest)*);
    };
    (@generics $kind:ident $name:ident [$($p:tt)*] [$($a:tt)*] $t:ident : $($b:ident)::+ $(+ $($c:ident)::+)*, $($rest:tt)*) => {
        $crate::params!(@generics $kind $name [$($p)* $t: $($b)::+ $(+ $($c)::+)*,] [$($a)* $t,] $($rest)*);
    };
    (@generics $kind:ident $name:ident [$($p:tt)*] [$($a:tt)*] $t:ident : $($b:ident)::+ $(+ $($c:ident)::+)* > $($rest:tt)*) => {
        $crate::params!(@generics $kind $name [$($p)* $t: $($b)::+ $(+ $($c)::+)*,] [$($a)* $t,] > $($rest)*);
    };
    (@generics $kind:ident $name:ident [$($p:tt)*] [$($a:tt)*] $t:ident, $($rest:tt)*) => {
        $crate::params!(@generics $kind $name [$($p)* $t: $crate::Params,] [$($a)* $t,] $($rest)*);
    };
    (@generics $kind:ident $name:ident [$($p:tt)*] [$($a:tt)*] $t:ident > $($rest:tt)*) => {
        $crate::params!(@generics $kind $name [$($p)* $t: $crate::Params,] [$($a)* $t,] > $($rest)*);
    };
    (@generics $kind:ident $name:ident $p:tt $a:tt > { $($body:tt)* }) => {
        $crate::params!(@$kind $p $name $a $($body)*);
    };

    // The fields of a struct one by one: all names, and those under which a parameter is changed.
    (@struct $p:tt $name:ident $a:tt $($body:tt)*) => { $crate::params!(@fields $p $name $a [] [] $($body)*); };
    (@fields $p:tt $name:ident $a:tt [$($all:tt)*] [$($own:tt)*] $as:literal = $at:tt $(.$in:tt)* $(, $($rest:tt)*)?) => {
        $crate::params!(@fields $p $name $a [$($all)* ($as) ($at $(.$in)*)] [$($own)*] $($($rest)*)?);
    };
    (@fields $p:tt $name:ident $a:tt [$($all:tt)*] [$($own:tt)*] $as:literal : $at:tt $(.$in:tt)* $(, $($rest:tt)*)?) => {
        $crate::params!(@fields $p $name $a [$($all)* ($as) ($at $(.$in)*)] [$($own)* ($as) ($at $(.$in)*)] $($($rest)*)?);
    };
    (@fields $p:tt $name:ident $a:tt [$($all:tt)*] [$($own:tt)*] $at:ident $(, $($rest:tt)*)?) => {
        $crate::params!(@fields $p $name $a [$($all)* (stringify!($at)) ($at)] [$($own)* (stringify!($at)) ($at)] $($($rest)*)?);
    };
    (@fields [$($p:tt)*] $name:ident [$($a:tt)*] [$(($all:expr) ($($all_at:tt)*))*] [$(($own:expr) ($($own_at:tt)*))*]) => {
        impl<$($p)*> $crate::Params for $name<$($a)*> {
            #[allow(unused_variables, reason = "a struct may have no parameters")]
            fn visit<'params>(&'params self, prefix: &str, f: &mut dyn FnMut(&str, &'params $crate::Param)) {
                $($crate::Params::visit(&self.$($all_at)*, &$crate::join(prefix, $all), f);)*
            }
            #[allow(unused_variables, reason = "a struct may have no parameters")]
            fn visit_mut<'params>(&'params mut self, prefix: &str, f: &mut dyn FnMut(&str, &'params mut $crate::Param)) {
                $($crate::Params::visit_mut(&mut self.$($own_at)*, &$crate::join(prefix, $own), f);)*
            }
        }
    };

    (@enum [$($p:tt)*] $name:ident [$($a:tt)*]
        $($variant:ident $(($inner:ident))? $({ $($field:ident),* $(,)? })?),* $(,)?) => {
        impl<$($p)*> $crate::Params for $name<$($a)*> {
            #[allow(unused_variables, reason = "a variant may have no parameters")]
            fn visit<'params>(&'params self, prefix: &str, f: &mut dyn FnMut(&str, &'params $crate::Param)) {
                match self {
                    $(Self::$variant $(($inner, ..))? $({ $($field,)* .. })? => {
                        $($crate::Params::visit($inner, prefix, f);)?
                        $($($crate::Params::visit($field, &$crate::join(prefix, stringify!($field)), f);)*)?
                    })*
                }
            }
            #[allow(unused_variables, reason = "a variant may have no parameters")]
            fn visit_mut<'params>(&'params mut self, prefix: &str, f: &mut dyn FnMut(&str, &'params mut $crate::Param)) {
                match self {
                    $(Self::$variant $(($inner, ..))? $({ $($field,)* .. })? => {
                        $($crate::Params::visit_mut($inner, prefix, f);)?
                        $($($crate::Params::visit_mut($field, &$crate::join(prefix, stringify!($field)), f);)*)?
                    })*
                }
            }
        }
    };
}
