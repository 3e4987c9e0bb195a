//! What the pickle of a pt file names: storages, tensors on them, and the functions that PyTorch would call to make them.

use super::pickle::{Pickle, Value};
use crate::io::{brain, decode, half, shape};
use crate::{Element, Shape, Tensor};

/// A name that the reader knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// `collections.OrderedDict`.
    OrderedDict,
    /// `torch.Size`, a tuple.
    Size,
    /// `torch._utils._rebuild_tensor_v2` and its like.
    Tensor,
    /// The same with an element type that has no storage of its own.
    TypedTensor,
    /// `torch._utils._rebuild_parameter`, around a tensor.
    Parameter,
    /// The class of a storage.
    Storage(Option<Kind>),
    /// An element type.
    Type(Kind),
}

/// How the elements of a storage are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    F64,
    F32,
    F16,
    BF16,
    I64,
    I32,
    I16,
    I8,
    U8,
    U16,
    U32,
    Bool,
}

/// The kinds by the class of their storage and by their element type.
const KINDS: [(&str, &str, Kind, usize); 12] = [
    ("DoubleStorage", "float64", Kind::F64, 8),
    ("FloatStorage", "float32", Kind::F32, 4),
    ("HalfStorage", "float16", Kind::F16, 2),
    ("BFloat16Storage", "bfloat16", Kind::BF16, 2),
    ("LongStorage", "int64", Kind::I64, 8),
    ("IntStorage", "int32", Kind::I32, 4),
    ("ShortStorage", "int16", Kind::I16, 2),
    ("CharStorage", "int8", Kind::I8, 1),
    ("ByteStorage", "uint8", Kind::U8, 1),
    ("", "uint16", Kind::U16, 2),
    ("", "uint32", Kind::U32, 4),
    ("BoolStorage", "bool", Kind::Bool, 1),
];

impl Known {
    /// The thing of this name in this module of Python.
    pub(super) fn find(module: &str, name: &str) -> Result<Self, String> {
        let kind = |of: fn(&(&'static str, &'static str, Kind, usize)) -> &'static str| {
            KINDS.iter().find(|kind| !name.is_empty() && of(kind) == name).map(|kind| kind.2)
        };
        Ok(match (module, name) {
            ("collections", "OrderedDict") => Self::OrderedDict,
            ("torch", "Size") => Self::Size,
            ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => Self::Tensor,
            ("torch._utils", "_rebuild_tensor_v3") => Self::TypedTensor,
            ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state") => Self::Parameter,
            ("torch.storage" | "torch", "UntypedStorage") => Self::Storage(None),
            ("torch", _) if kind(|kind| kind.0).is_some() => Self::Storage(kind(|kind| kind.0)),
            ("torch", _) => match kind(|kind| kind.1) {
                Some(kind) => Self::Type(kind),
                None => return Err(refused(module, name)),
            },
            _ => return Err(refused(module, name)),
        })
    }
}

fn refused(module: &str, name: &str) -> String {
    format!(
        "it holds {module}.{name}, which is no plain tensor; save model.state_dict(), or the tensors alone"
    )
}

/// The memory of tensors: an entry of the archive.
#[derive(Debug)]
pub(super) struct Storage {
    pub(super) kind: Option<Kind>,
    pub(super) key: String,
    /// Elements; bytes where no kind is known.
    pub(super) length: usize,
}

/// A tensor as the pickle describes it.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) storage: usize,
    pub(super) kind: Kind,
    pub(super) offset: usize,
    pub(super) sizes: Vec<usize>,
    pub(super) strides: Vec<usize>,
}

impl Pickle {
    /// What the persistent identity of a storage says: `('storage', class, key, device, elements)`.
    pub(super) fn storage(&mut self, identity: Value) -> Result<Value, String> {
        let &[what, Value::Known(Known::Storage(kind)), Value::Text(key), _, length] =
            self.items(identity)?
        else {
            return Err("the identity of a storage is not what PyTorch writes".to_string());
        };
        if !matches!(what, Value::Text(text) if self.texts[text] == "storage") {
            return Err("the identity of something else than a storage".to_string());
        }
        let length = size(length)?;
        let key = self.texts[key].clone();
        self.storages.push(Storage { kind, key, length });
        Ok(Value::Storage(self.storages.len() - 1))
    }

    /// What a call of a known name with these arguments gives.
    pub(super) fn call(&mut self, function: Value, arguments: Value) -> Result<Value, String> {
        let Value::Known(known) = function else {
            return Err("a call of what is no name".to_string());
        };
        match known {
            Known::OrderedDict if self.items(arguments)?.is_empty() => Ok(self.new_dict()),
            Known::Size => {
                self.items(arguments)?.first().copied().ok_or_else(|| "a size without numbers".into())
            }
            Known::Parameter => {
                let tensor = self.items(arguments)?.first().copied();
                tensor
                    .filter(|value| matches!(value, Value::Tensor(_)))
                    .ok_or_else(|| "no tensor in a parameter".into())
            }
            Known::Tensor => self.tensor(arguments, false),
            Known::TypedTensor => self.tensor(arguments, true),
            Known::OrderedDict | Known::Storage(_) | Known::Type(_) => {
                Err(format!("a call of {known:?} with these arguments is not one of plain tensors"))
            }
        }
    }

    /// `(storage, offset, sizes, strides, requires_grad, hooks[, type][, metadata])`. The metadata say of a view that it is the negative or the
    /// conjugate of what its storage holds.
    fn tensor(&mut self, arguments: Value, typed: bool) -> Result<Value, String> {
        let wrong = || "a tensor is not described as PyTorch does".to_string();
        let items = self.items(arguments)?.to_vec();
        let &[Value::Storage(storage), offset, sizes, strides, ..] = &items[..] else { return Err(wrong()) };
        let kind = match (typed, items.get(6)) {
            (true, Some(&Value::Known(Known::Type(kind)))) => kind,
            (true, _) => return Err(wrong()),
            (false, _) => self.storages[storage].kind.ok_or_else(wrong)?,
        };
        let metadata = items.get(if typed { 7 } else { 6 });
        let plain = match metadata {
            None | Some(Value::Other) => true,
            Some(Value::Dict(i)) => self.dicts[*i].is_empty(),
            Some(_) => return Err(wrong()),
        };
        if !plain {
            let reason = "a tensor has metadata, as the negative or conjugate view of another has; save it with .resolve_neg().resolve_conj()";
            return Err(reason.to_string());
        }
        let numbers =
            |value| self.items(value)?.iter().map(|&item| size(item)).collect::<Result<Vec<_>, _>>();
        let plan =
            Plan { storage, kind, offset: size(offset)?, sizes: numbers(sizes)?, strides: numbers(strides)? };
        self.tensors.push(plan);
        Ok(Value::Tensor(self.tensors.len() - 1))
    }
}

fn size(value: Value) -> Result<usize, String> {
    match value {
        Value::Int(i) => usize::try_from(i).map_err(|_| format!("a size or place is {i}")),
        _ => Err("a size or place is no integer".to_string()),
    }
}

impl Storage {
    /// All its elements, as far as its own length goes.
    pub(super) fn decode(&self, kind: Kind, bytes: &[u8], big: bool) -> Result<Tensor, String> {
        let width = KINDS.iter().find(|(_, _, known, _)| *known == kind).map_or(1, |kind| kind.3);
        let elements = if self.kind.is_some() { self.length } else { self.length / width };
        let needed = elements.checked_mul(width).filter(|&needed| needed <= bytes.len());
        let needed = needed.ok_or_else(|| {
            format!("its storage {} has {} bytes, too few for {elements} elements", self.key, bytes.len())
        })?;
        Ok(elements_of(kind, &bytes[..needed], shape(&[elements])?, big))
    }
}

fn elements_of(kind: Kind, bytes: &[u8], shape: Shape, big: bool) -> Tensor {
    fn read<const N: usize, T: Element>(
        (bytes, shape, big): (&[u8], Shape, bool),
        convert: impl Fn([u8; N]) -> T,
    ) -> Tensor {
        decode(bytes, shape, |mut number: [u8; N]| {
            if big {
                number.reverse();
            }
            convert(number)
        })
    }
    let all = (bytes, shape, big);
    match kind {
        Kind::F64 => read(all, f64::from_le_bytes),
        Kind::F32 => read(all, f32::from_le_bytes),
        Kind::F16 => read(all, |x| half(u16::from_le_bytes(x))),
        Kind::BF16 => read(all, |x| brain(u16::from_le_bytes(x))),
        Kind::I64 => read(all, i64::from_le_bytes),
        Kind::I32 => read(all, |x| i64::from(i32::from_le_bytes(x))),
        Kind::I16 => read(all, |x| i64::from(i16::from_le_bytes(x))),
        Kind::I8 => read(all, |x| i64::from(i8::from_le_bytes(x))),
        Kind::U8 => read(all, |[x]| i64::from(x)),
        Kind::U16 => read(all, |x| i64::from(u16::from_le_bytes(x))),
        Kind::U32 => read(all, |x| i64::from(u32::from_le_bytes(x))),
        Kind::Bool => read(all, |[x]| u8::from(x != 0)),
    }
}
