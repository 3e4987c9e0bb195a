//! PyTorch's file, `.pt` or `.pth`, as `torch.save` writes it since version 1.6, to be read: plain tensors in dictionaries
//! and lists. With the feature `zip`.
//!
//! Such a file is a ZIP container with a pickle, a program that builds objects, and the memory of the tensors. Nothing is
//! executed here: the reader knows the few instructions and names of plain tensors and refuses all others by name.
//!
//! # Source
//! `torch/serialization.py` and `torch/_utils.py` of PyTorch 2; Python's `pickletools`.

mod pickle;
mod rebuild;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;

use self::pickle::{Pickle, Value};
use self::rebuild::Plan;
use super::zip::Archive;
use crate::layout::Layout;
use crate::{Error, MAX_RANK, Tensor};

/// Reads all tensors with their names: the keys on the way to them, joined by dots. Keys and tensors are those of a state
/// dict, or of dictionaries, lists and tuples around several (`model.fc.weight`). What is no tensor, such as the number of an epoch,
/// is left out. F16 and BF16 become F32, other integers I64; tensors on one storage share memory.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read; [`Error::Format`] if it is truncated, of another kind, or holds anything but
/// plain tensors: a whole module, sparse or quantised tensors, other objects.
pub fn load(path: impl AsRef<Path>) -> Result<Vec<(String, Tensor)>, Error> {
    let path = path.as_ref();
    let bytes = super::read(path)?;
    let tensors = if bytes.starts_with(&[0x80]) {
        Err("it was written by a PyTorch before 1.6; save it again with a newer one".to_string())
    } else {
        Archive::open(&bytes).and_then(|archive| parse(&archive))
    };
    tensors.map_err(|reason| super::refused(path, "pt", &bytes, reason))
}

/// Where the pickle lies: `data.pkl`, in a folder of the archive's name.
fn program<'n>(archive: &'n Archive<'_>) -> Option<&'n str> {
    archive.names().find(|name| *name == "data.pkl" || name.ends_with("/data.pkl"))
}

pub(super) fn is_one(archive: &Archive<'_>) -> bool {
    program(archive).is_some()
}

/// The tensors of an archive, or what is wrong with them.
pub(super) fn parse(archive: &Archive<'_>) -> Result<Vec<(String, Tensor)>, String> {
    let program = program(archive).ok_or("it has no data.pkl: not of torch.save")?;
    let folder = program.strip_suffix("data.pkl").unwrap_or_default();
    let pickle = Pickle::run(&archive.get(program)?).map_err(|reason| format!("{program}: {reason}"))?;
    let big = is_big(archive, folder)?;
    let mut found = Found { pickle: &pickle, plans: Vec::new(), visited: 0 };
    found.visit(String::new(), pickle.result, 0)?;
    let (mut storages, mut tensors) = (HashMap::new(), Vec::new());
    for (name, plan) in found.plans {
        let storage = &pickle.storages[plan.storage];
        let of_storage = |reason| format!("tensor {name}: {reason}");
        let key = (storage.key.clone(), plan.kind);
        let flat = match storages.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let bytes = archive.get(&format!("{folder}data/{}", storage.key)).map_err(of_storage)?;
                new.insert(storage.decode(plan.kind, &bytes, big).map_err(of_storage)?)
            }
        };
        let tensor = view(flat, plan).map_err(|reason| format!("tensor {name}: {reason}"))?;
        tensors.push((name, tensor));
    }
    Ok(tensors)
}

/// Whether the bytes of an element begin with the highest. Files from before PyTorch 2.1 do not say it: they begin with the lowest.
fn is_big(archive: &Archive<'_>, folder: &str) -> Result<bool, String> {
    let entry = format!("{folder}byteorder");
    if !archive.names().any(|name| name == entry) {
        return Ok(false);
    }
    match &*archive.get(&entry)? {
        b"little" => Ok(false),
        b"big" => Ok(true),
        other => {
            let other: String = String::from_utf8_lossy(other).chars().take(60).collect();
            Err(format!("entry {entry} is {other:?}; little or big is allowed"))
        }
    }
}

/// A storage under the sizes and strides of a tensor.
fn view(flat: &Tensor, plan: &Plan) -> Result<Tensor, String> {
    let shape = super::shape(&plan.sizes)?;
    if plan.strides.len() != plan.sizes.len() {
        return Err(format!("it has {} sizes and {} strides", plan.sizes.len(), plan.strides.len()));
    }
    let mut strides = [0; MAX_RANK];
    let mut last = Some(plan.offset);
    for (axis, (&size, &stride)) in plan.sizes.iter().zip(&plan.strides).enumerate() {
        strides[axis] = isize::try_from(stride).map_err(|_| "its strides are too large")?;
        last = last.and_then(|last| last.checked_add(size.saturating_sub(1).checked_mul(stride)?));
    }
    if shape.elements() == 0 {
        return Ok(Tensor::zeros_of(shape, flat.dtype()));
    }
    match last.filter(|&last| last < flat.elements()) {
        Some(_) => Ok(flat.view(Layout { shape, strides, offset: plan.offset })),
        None => Err(format!(
            "sizes {:?}, strides {:?} and offset {} reach beyond its storage of {} elements",
            plan.sizes,
            plan.strides,
            plan.offset,
            flat.elements()
        )),
    }
}

/// The walk from the result down to the tensors.
struct Found<'p> {
    pickle: &'p Pickle,
    plans: Vec<(String, &'p Plan)>,
    visited: usize,
}

/// Containers within containers, and values visited: a small program can name the same ones any number of times.
const DEPTH: usize = 64;
const VISITS: usize = 1 << 20;

impl Found<'_> {
    fn visit(&mut self, name: String, value: Value, depth: usize) -> Result<(), String> {
        self.visited += 1;
        if depth > DEPTH || self.visited > VISITS {
            return Err(format!("it has more than {DEPTH} containers in each other or {VISITS} values"));
        }
        match value {
            Value::Tensor(i) => self.plans.push((name, &self.pickle.tensors[i])),
            Value::Sequence(i) => {
                for (place, &item) in self.pickle.sequences[i].iter().enumerate() {
                    self.visit(below(&name, &place.to_string()), item, depth + 1)?;
                }
            }
            Value::Dict(i) => {
                for &(key, item) in &self.pickle.dicts[i] {
                    let key = match key {
                        Value::Text(i) => self.pickle.texts[i].clone(),
                        Value::Int(i) => i.to_string(),
                        _ => return Err("a key of a dictionary is neither a text nor an integer".to_string()),
                    };
                    self.visit(below(&name, &key), item, depth + 1)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn below(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_string() } else { format!("{prefix}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::zip;

    /// A pickle's texts and numbers.
    fn text(text: &str) -> Vec<u8> {
        [&[b'X'][..], &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat()
    }

    fn int(i: i32) -> Vec<u8> {
        [&[b'J'][..], &i.to_le_bytes()].concat()
    }

    fn tuple(items: &[Vec<u8>]) -> Vec<u8> {
        [&[b'('][..], &items.concat(), b"t"].concat()
    }

    fn ints(all: &[i32]) -> Vec<u8> {
        tuple(&all.iter().map(|&i| int(i)).collect::<Vec<_>>())
    }

    /// A tensor on the storage `0`, of six numbers.
    fn tensor(kind: &str, [offset, length]: [i32; 2], sizes: &[i32], strides: &[i32]) -> Vec<u8> {
        let class = format!("ctorch\n{kind}\n").into_bytes();
        let storage = tuple(&[text("storage"), class, text("0"), text("cpu"), int(length)]);
        let storage = [&storage[..], b"Q"].concat();
        let arguments = tuple(&[storage, int(offset), ints(sizes), ints(strides), vec![0x89], vec![b'N']]);
        [b"ctorch._utils\n_rebuild_tensor_v2\n", &arguments[..], b"R"].concat()
    }

    fn dict(items: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let items: Vec<u8> =
            items.iter().flat_map(|(key, value)| [text(key), value.clone()].concat()).collect();
        [b"}(", &items[..], b"u"].concat()
    }

    fn file(value: &[u8], storage: &[u8]) -> Result<Vec<(String, Tensor)>, String> {
        let program = [&[0x80, 2][..], value, b"."].concat();
        let bytes = zip::write([("x/data.pkl", program), ("x/data/0", storage.to_vec())]);
        let archive = Archive::open(&bytes)?;
        assert!(is_one(&archive));
        parse(&archive)
    }

    fn floats() -> Vec<u8> {
        (0..6u8).flat_map(|i| f32::from(i).to_le_bytes()).collect()
    }

    fn reason(value: &[u8]) -> String {
        file(value, &floats()).unwrap_err()
    }

    #[test]
    fn strides_offsets_and_shared_storages() {
        let float =
            |offset, sizes: &[i32], strides: &[i32]| tensor("FloatStorage", [offset, 6], sizes, strides);
        let program = dict(&[
            ("whole", float(0, &[2, 3], &[3, 1])),
            ("turned", float(0, &[3, 2], &[1, 3])),
            ("column", float(1, &[2], &[3])),
            ("repeated", float(5, &[1000, 1000], &[0, 0])),
            ("none", float(0, &[0, 4], &[4, 1])),
            ("one", float(4, &[], &[])),
            ("inner", dict(&[("list", [b"](", &int(7)[..], &float(0, &[1], &[1]), b"e"].concat())])),
        ]);
        let all = file(&program, &floats()).unwrap();
        let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["whole", "turned", "column", "repeated", "none", "one", "inner.list.1"]);
        let whole = Tensor::from([[0f32, 1.0, 2.0], [3.0, 4.0, 5.0]]);
        assert!(all[0].1.equal(&whole) && all[1].1.equal(&whole.t()));
        assert!(all[0].1.shares_memory(&all[1].1));
        assert_eq!(all[2].1.to_f64_vec(), [1.0, 4.0]);
        assert_eq!((all[3].1.elements(), all[3].1.get([999, 0])), (1_000_000, Some(5.0)));
        assert_eq!((all[4].1.shape()[..].to_vec(), all[5].1.item()), (vec![0, 4], 4.0));
    }

    #[test]
    fn element_types() {
        let read = |kind: &str, bytes: &[u8]| {
            file(&dict(&[("x", tensor(kind, [0, 1], &[1], &[1]))]), bytes).unwrap().remove(0).1
        };
        assert!(read("HalfStorage", &[0, 0xc0]).equal(&Tensor::from([-2f32])));
        assert!(read("BFloat16Storage", &[0x80, 0xbf]).equal(&Tensor::from([-1f32])));
        assert!(read("DoubleStorage", &0.1f64.to_le_bytes()).equal(&Tensor::from([0.1])));
        assert!(read("LongStorage", &(-7i64).to_le_bytes()).equal(&Tensor::from([-7])));
        assert!(read("IntStorage", &[255; 4]).equal(&Tensor::from([-1])));
        assert!(read("ShortStorage", &[0, 1]).equal(&Tensor::from([256])));
        assert!(read("CharStorage", &[0x80]).equal(&Tensor::from([-128])));
        assert!(read("ByteStorage", &[0x80]).equal(&Tensor::from([128])));
        assert!(read("BoolStorage", &[1]).equal(&Tensor::from([true])));
    }

    #[test]
    fn an_order_of_bytes_that_is_no_order_is_refused() {
        let value = dict(&[("x", tensor("ShortStorage", [0, 1], &[1], &[1]))]);
        let program = [&[0x80, 2][..], &value, b"."].concat();
        let read = |order: &str| {
            let entries =
                [("x/data.pkl", program.clone()), ("x/byteorder", order.into()), ("x/data/0", vec![0, 1])];
            let bytes = zip::write(entries);
            parse(&Archive::open(&bytes)?).map(|all| all[0].1.to_f64_vec())
        };
        assert_eq!((read("little"), read("big")), (Ok(vec![256.0]), Ok(vec![1.0])));
        for order in ["Big", "bigg", "", "little\n", "<"] {
            assert_eq!(read(order), Err(format!("entry x/byteorder is {order:?}; little or big is allowed")));
        }
    }

    #[test]
    fn a_negative_view_is_refused() {
        let plain = tensor("FloatStorage", [0, 6], &[6], &[1]);
        let with = |metadata: &[u8]| {
            let inner = plain.strip_suffix(b"tR").unwrap();
            file(&dict(&[("x", [inner, metadata, b"tR"].concat())]), &floats())
        };
        for metadata in [&b""[..], b"N", b"}"] {
            assert_eq!(with(metadata).unwrap()[0].1.get([5]), Some(5.0));
        }
        let negative = dict(&[("neg", vec![0x88])]);
        assert!(with(&negative).unwrap_err().contains("resolve_neg()"));
        assert!(with(b")").unwrap_err().contains("not described as PyTorch does"));
    }

    #[test]
    fn what_is_no_plain_tensor_is_refused_by_name() {
        let call = |name: &str| [format!("c{name}\n").as_bytes(), b"(tR"].concat();
        for name in
            ["os\nsystem", "builtins\neval", "torch._utils\n_rebuild_sparse_tensor", "torch\nadd", "torch\n"]
        {
            let reason = reason(&call(name));
            assert!(
                reason.contains(&format!("it holds {}, which is no plain tensor", name.replace('\n', "."))),
                "{reason}"
            );
        }
        assert!(reason(b"\x8c\x02os\x8c\x06system\x93").contains("os.system"));
        assert!(reason(b"i").ends_with("at byte 2: instruction 0x69 is not one of plain tensors"));
        assert!(reason(b"NNR").ends_with("a call of what is no name"));
        assert!(reason(&call("torch\nFloatStorage")).contains("not one of plain tensors"));
        assert!(reason(&call("torch._utils\n_rebuild_tensor_v2")).contains("not described as PyTorch does"));
    }

    #[test]
    fn hostile_sizes_are_refused_before_memory_is_taken() {
        let at = |[offset, length]: [i32; 2], sizes: &[i32], strides: &[i32]| {
            reason(&dict(&[("w", tensor("FloatStorage", [offset, length], sizes, strides))]))
        };
        assert!(
            at([0, 6], &[2, 4], &[3, 1])
                .contains("tensor w: sizes [2, 4], strides [3, 1] and offset 0 reach beyond")
        );
        assert!(at([6, 6], &[1], &[1]).contains("reach beyond its storage of 6 elements"));
        assert!(at([0, 7], &[1], &[1]).contains("its storage 0 has 24 bytes, too few for 7 elements"));
        assert!(at([0, i32::MAX], &[i32::MAX], &[1]).contains("too few for 2147483647 elements"));
        assert!(at([0, 6], &[i32::MAX; 3], &[0; 3]).contains("more elements than memory can have"));
        assert!(at([0, 6], &[2; 9], &[0; 9]).contains("at most 8 are possible"));
        assert!(at([0, 6], &[2, 2], &[1]).contains("it has 2 sizes and 1 strides"));
        assert!(at([-1, 6], &[1], &[1]).contains("a size or place is -1"));
        assert!(reason(b"X\xff\xff\xff\x7fabc").contains("it is truncated"));
        assert!(reason(b"\x8d\xff\xff\xff\xff\xff\xff\xff\xffabc").contains("it is truncated"));
        // A list in itself, and lists that hold the one before twice.
        assert!(reason(b"]q\x00h\x00a").contains("containers in each other"));
        let doubled: Vec<u8> =
            (1..=60u8).flat_map(|i| [b'(', b'h', i - 1, b'h', i - 1, b't', b'q', i]).collect();
        assert!(reason(&[b")q\x00", &doubled[..]].concat()).contains("values"));
        assert!(
            reason(&vec![b')'; 100_000].into_iter().chain([0x85].repeat(100_000)).collect::<Vec<_>>())
                .contains("containers in each other")
        );
    }

    #[test]
    fn no_change_of_a_byte_makes_it_panic() {
        let value = dict(&[("w", tensor("FloatStorage", [0, 6], &[2, 3], &[3, 1]))]);
        for (at, byte) in
            (0..value.len()).flat_map(|at| [0, 1, b'.', b'R', 0x85, 0xff].map(|byte| (at, byte)))
        {
            let mut changed = value.clone();
            changed[at] = byte;
            let _ = file(&changed, &floats());
        }
        for end in 0..value.len() {
            let _ = file(&value[..end], &floats());
        }
    }

    #[test]
    fn old_and_other_files_are_named() {
        let path = std::env::temp_dir().join(format!("gradus-{}.pt", std::process::id()));
        let say = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            load(&path).unwrap_err().to_string()
        };
        assert!(say(b"\x80\x02\x8a").ends_with(
            "not a valid pt file: it was written by a PyTorch before 1.6; save it again with a newer one"
        ));
        assert!(say(b"GIF89a").contains("not a valid pt file: it is truncated"));
        assert!(say(&zip::write([("a.npy", Vec::new())])).ends_with("it has no data.pkl: not of torch.save"));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(load(&path), Err(Error::Io { .. })));
    }
}
