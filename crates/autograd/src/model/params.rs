//! Structures of parameters: what a layer or a model lets others visit.

use std::collections::HashSet;

use gradus_tensor::DType;

use super::param::Param;

#[diagnostic::on_unimplemented(
    message = "`{Self}` holds no parameters",
    note = "a field named in `params!(Model {{ … }})` is a `Param`, a layer, or a `Vec`, an array or an `Option` of them: leave \
            other fields out",
    note = "for a structure of your own, `params!({Self} {{ … }})` with its fields implements it"
)]
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
/// line.freeze();
/// assert_eq!(line.trainable_elements(), 0);
/// ```
pub trait Params {
    /// Calls `f(path, parameter)` for each name of a parameter, in order; `path` is `prefix` and the names of the fields on
    /// the way, joined by dots. A parameter with two names (see [`params!`](crate::params)) comes twice.
    fn visit<'a>(&'a self, prefix: &str, f: &mut dyn FnMut(&str, &'a Param));

    /// As [`Self::visit`], to change them: each once, under its first name.
    fn visit_mut<'a>(&'a mut self, prefix: &str, f: &mut dyn FnMut(&str, &'a mut Param));

    /// All parameters and buffers with their paths, each once, under its first name.
    fn params(&self) -> Vec<(String, &Param)> {
        let (mut all, mut seen) = (Vec::new(), HashSet::new());
        self.visit("", &mut |path, param| {
            if seen.insert(param.id()) {
                all.push((path.to_string(), param));
            }
        });
        all
    }

    /// All parameters and buffers with their paths, to change them.
    fn params_mut(&mut self) -> Vec<(String, &mut Param)> {
        let mut all = Vec::new();
        self.visit_mut("", &mut |path, param| all.push((path.to_string(), param)));
        all
    }

    /// What may be trained, frozen or not, with its paths: [`Self::params`] without buffers.
    #[doc(alias = "parameters")]
    fn named_parameters(&self) -> Vec<(String, &Param)> {
        self.params().into_iter().filter(|(_, param)| !param.is_buffer()).collect()
    }

    /// State that is saved and never trained, such as running statistics, with its paths.
    #[doc(alias = "buffers")]
    fn named_buffers(&self) -> Vec<(String, &Param)> {
        self.params().into_iter().filter(|(_, param)| param.is_buffer()).collect()
    }

    /// The parameter or buffer at a path.
    #[doc(alias = "get_buffer")]
    fn get_parameter(&self, path: &str) -> Option<&Param> {
        let mut found = None;
        self.visit("", &mut |name, param| {
            if name == path {
                found = Some(param);
            }
        });
        found
    }

    /// The parameter or buffer at a path, to change it. Of a parameter with two names the first counts.
    fn get_parameter_mut(&mut self, path: &str) -> Option<&mut Param> {
        let mut found = None;
        self.visit_mut("", &mut |name, param| {
            if name == path {
                found = Some(param);
            }
        });
        found
    }

    /// The number of trainable elements.
    fn trainable_elements(&self) -> usize {
        self.params().iter().filter(|(_, p)| p.is_trainable()).map(|(_, p)| p.value().elements()).sum()
    }

    /// Keeps all parameters as they are: no gradient from now on ([`Param::freeze`]). Of a part of a model:
    /// `model.encoder.freeze()`.
    #[doc(alias = "requires_grad_")]
    fn freeze(&mut self) {
        self.visit_mut("", &mut |_, param| param.freeze());
    }

    /// Undoes [`Self::freeze`].
    fn unfreeze(&mut self) {
        self.visit_mut("", &mut |_, param| param.unfreeze());
    }

    /// Freezes the parameters of a choice, and returns how many those are.
    ///
    /// ```
    /// use gradus_autograd::{Param, Params, params};
    /// struct Net { body: Vec<Param>, head: Param }
    /// params!(Net { body, head });
    /// let mut net = Net { body: vec![Param::new([1.0, 2.0]), Param::new(0.0)], head: Param::new(1.0) };
    /// assert_eq!(net.freeze_where(|name, _| name.starts_with("body.")), 2);
    /// assert_eq!(net.trainable_elements(), 1);
    /// assert_eq!(net.unfreeze_where(|_, param| param.rank() == 0), 2); // `body.1` and `head`
    /// assert_eq!(net.trainable_elements(), 2);
    /// ```
    fn freeze_where(&mut self, choose: impl Fn(&str, &Param) -> bool) -> usize
    where
        Self: Sized,
    {
        each_where(self, choose, Param::freeze)
    }

    /// Undoes [`Self::freeze`] for the parameters of a choice, and returns how many those are.
    fn unfreeze_where(&mut self, choose: impl Fn(&str, &Param) -> bool) -> usize
    where
        Self: Sized,
    {
        each_where(self, choose, Param::unfreeze)
    }

    /// The model with all floating parameters and buffers in another float type.
    fn to(mut self, dtype: DType) -> Self
    where
        Self: Sized,
    {
        self.visit_mut("", &mut |_, param| param.convert(dtype));
        self
    }
}

/// Changes the parameters of a choice, buffers apart, and counts them.
fn each_where(
    model: &mut dyn Params,
    choose: impl Fn(&str, &Param) -> bool,
    change: impl Fn(&mut Param),
) -> usize {
    let mut count = 0;
    model.visit_mut("", &mut |name, param| {
        if !param.is_buffer() && choose(name, param) {
            change(param);
            count += 1;
        }
    });
    count
}

/// `prefix.name`; the other one where one of both is empty. A raw identifier loses its `r#`.
pub fn join(prefix: &str, name: &str) -> String {
    let name = name.strip_prefix("r#").unwrap_or(name);
    match (prefix, name) {
        ("", name) => name.to_string(),
        (prefix, "") => prefix.to_string(),
        (prefix, name) => format!("{prefix}.{name}"),
    }
}
