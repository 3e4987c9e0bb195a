//! `params!` for every kind of structure, names, tied weights, freezing.

use gradus_autograd::{Param, ParamId, Params, params, value_and_grad};
use gradus_tensor::DType;
use indexmap::IndexMap;

fn p(x: f64) -> Param {
    Param::new(x)
}

fn names(model: &dyn Params) -> Vec<String> {
    let mut all = Vec::new();
    model.visit("", &mut |name, _| all.push(name.to_string()));
    all
}

fn names_mut(model: &mut dyn Params) -> Vec<String> {
    model.params_mut().into_iter().map(|(name, _)| name).collect()
}

/// The same names both ways, and with a prefix before each.
fn check(model: &mut dyn Params, want: &[&str]) {
    assert_eq!(names(model), want);
    assert_eq!(names_mut(model), want);
    let mut below = Vec::new();
    model.visit("a.b", &mut |name, _| below.push(name.to_string()));
    let prefixed: Vec<String> = want.iter().map(|name| gradus_autograd::join("a.b", name)).collect();
    assert_eq!(below, prefixed);
}

struct Two {
    first: Param,
    second: Param,
}
params!(Two { first, second });

fn two() -> Two {
    Two { first: p(1.0), second: p(2.0) }
}

#[test]
fn containers_are_named_by_place_or_key() {
    check(&mut vec![two(), two()], &["0.first", "0.second", "1.first", "1.second"]);
    check(&mut [p(1.0), p(2.0)], &["0", "1"]);
    check(&mut vec![p(1.0)].into_boxed_slice(), &["0"]);
    check(&mut (p(1.0), two(), [p(3.0)]), &["0", "1.first", "1.second", "2.0"]);
    check(&mut Some(two()), &["first", "second"]);
    check(&mut None::<Two>, &[]);
    check(&mut (), &[]);
    check(&mut std::marker::PhantomData::<Two>, &[]);
    let boxed: Box<dyn Params> = Box::new(two());
    check(&mut vec![boxed], &["0.first", "0.second"]);
    // In the order of insertion, as PyTorch's ModuleDict.
    let map: IndexMap<String, Param> = [("z".to_string(), p(1.0)), ("a".to_string(), p(2.0))].into();
    check(&mut map.clone(), &["z", "a"]);
    check(&mut map.into_iter().collect::<std::collections::BTreeMap<_, _>>(), &["a", "z"]);
}

mod bounds {
    pub(crate) trait Kind: Copy {}
    impl Kind for u8 {}
}

struct Generic<'n, A, B, T: bounds::Kind, const N: usize> {
    one: A,
    other: Vec<B>,
    kind: T,
    list: [Param; N],
    name: &'n str,
}
params!(Generic<'n, A, B, T: bounds::Kind + Copy, const N: usize> { one, other, list });

struct Last<const N: usize> {
    list: [Param; N],
}
params!(Last<const N: usize> { list });

struct Wrapper<M: Params>(M, Param);
params!(Wrapper<M: Params> { "": 0, "scale": 1 });

#[test]
fn generic_structures() {
    let mut model =
        Generic { one: two(), other: vec![Some(p(1.0))], kind: 3u8, list: [p(1.0), p(2.0)], name: "g" };
    check(&mut model, &["one.first", "one.second", "other.0", "list.0", "list.1"]);
    assert_eq!((model.kind, model.name), (3, "g"));
    check(&mut Last { list: [p(0.0)] }, &["list.0"]);
    check(&mut Wrapper(two(), p(1.0)), &["first", "second", "scale"]);
    check(&mut Wrapper(Wrapper(p(1.0), p(2.0)), p(3.0)).0, &["", "scale"]);
}

struct Attend {
    self_: Two,
    r#type: Param,
    pair: (Two, usize),
}
params!(Attend { "self": self_, r#type, "value.2": pair.0.first, "value.1": pair.0.second });

#[expect(clippy::large_enum_variant, reason = "a parameter beside a small layer")]
enum Layer<M> {
    Inner(M),
    Pair { left: Param, right: Option<Param>, size: usize },
    Skip,
}
params!(enum Layer<M> { Inner(inner), Pair { left, right }, Skip });

enum Norm {
    Scale(Param),
    r#None,
}
params!(
    enum Norm {
        Scale(scale),
        r#None,
    }
);

#[test]
fn names_that_are_no_words_of_rust() {
    let mut model = Attend { self_: two(), r#type: p(1.0), pair: (two(), 4) };
    check(&mut model, &["self.first", "self.second", "type", "value.2", "value.1"]);
    assert_eq!(model.pair.1, 4);
}

#[test]
fn enums() {
    check(&mut Layer::Inner(two()), &["first", "second"]);
    let mut pair = Layer::<Two>::Pair { left: p(1.0), right: None, size: 2 };
    check(&mut pair, &["left"]);
    assert!(matches!(pair, Layer::Pair { size: 2, .. }));
    check(&mut Layer::<Two>::Skip, &[]);
    check(&mut vec![Norm::Scale(p(1.0)), Norm::None], &["0"]);
}

struct Tied {
    embedding: Two,
    bias: Param,
    statistic: Param,
}
params!(Tied { embedding, "head.weight" = embedding.first, "head.bias": bias, statistic });

fn tied() -> Tied {
    Tied { embedding: two(), bias: p(0.5), statistic: Param::buffer(7.0) }
}

#[test]
fn a_tied_weight_has_two_names_and_one_gradient() {
    let mut model = tied();
    let all = ["embedding.first", "embedding.second", "head.weight", "head.bias", "statistic"];
    assert_eq!(names(&model), all);
    let once = ["embedding.first", "embedding.second", "head.bias", "statistic"];
    assert_eq!(names_mut(&mut model), once);
    assert_eq!(model.params().into_iter().map(|(name, _)| name).collect::<Vec<_>>(), once);
    assert_eq!(model.trainable_elements(), 3);
    let weight = &model.embedding.first;
    assert_eq!(model.get_parameter("head.weight").unwrap().id(), weight.id());
    // w (w x + b): the slope is 2 w x + b.
    let (_, grads) =
        value_and_grad(|tape| (tape.param(weight) * 3.0 + tape.param(&model.bias)) * tape.param(weight));
    assert_eq!((grads.len(), grads.get(weight).unwrap().item()), (2, 6.5));
}

#[test]
fn parameters_and_buffers_by_name() {
    let mut model = tied();
    let list = |all: Vec<(String, &Param)>| all.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(list(model.named_parameters()), ["embedding.first", "embedding.second", "head.bias"]);
    assert_eq!(list(model.named_buffers()), ["statistic"]);
    model.get_parameter_mut("head.bias").unwrap().set(9.0.into());
    assert_eq!(model.bias.value().item(), 9.0);
    assert!(model.get_parameter("head").is_none() && model.get_parameter_mut("head").is_none());
}

#[test]
fn freezing_leaves_buffers_what_they_are() {
    let mut model = tied();
    let trainable = |model: &Tied| model.params().iter().filter(|(_, p)| p.is_trainable()).count();
    model.freeze();
    assert_eq!(trainable(&model), 0);
    assert_eq!(model.unfreeze_where(|name, _| name.starts_with("embedding.")), 2);
    assert_eq!(trainable(&model), 2);
    assert_eq!(model.freeze_where(|_, param| param.rank() == 0), 3);
    model.unfreeze();
    assert_eq!(trainable(&model), 3);
    assert!(model.statistic.is_buffer());
    // A part by itself, and a model whose type is not known.
    model.embedding.freeze();
    assert_eq!(trainable(&model), 1);
    let mut boxed: Box<dyn Params> = Box::new(model);
    assert_eq!(boxed.unfreeze_where(|name, _| name == "embedding.first"), 1);
}

#[test]
fn to_converts_floats_alone() {
    let model = (Param::new([1f32, 2.0]), Param::buffer(3i64)).to(DType::F64);
    assert_eq!((model.0.value().dtype(), model.1.value().dtype()), (DType::F64, DType::I64));
}

#[test]
fn a_clone_is_deep() {
    let model = (p(1.0), vec![p(2.0)]);
    let mut copy = model.clone();
    copy.0.set(5.0.into());
    let ids = |model: &dyn Params| model.params().iter().map(|(_, p)| p.id()).collect::<Vec<ParamId>>();
    assert!(ids(&model).iter().all(|id| !ids(&copy).contains(id)));
    assert_eq!((model.0.value().item(), copy.1[0].value().item()), (1.0, 2.0));
}
