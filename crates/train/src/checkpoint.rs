//! All that a training needs to go on, in one file.

use std::path::{Path, PathBuf};

use gradus_autograd::Params;
use gradus_data::Cursor;
use gradus_nn::state_dict::{load_state_dict, state_dict};
use gradus_optim::{Entries, Optimizer};
use gradus_tensor::io::{open_regular, write_atomically};
use gradus_tensor::{DType, Rng, Tensor};
use indexmap::IndexMap;

use crate::error::{Error, io, of_tensor};
use crate::format::{self, Data, Kind};
use crate::random;

/// All that a training needs to go on as if there had been no pause: the model with its buffers, the optimizer with its step
/// (and so the place in its schedule and the random numbers of its layers), random streams, the place among the batches,
/// and values of the user's.
///
/// ```
/// use gradus_autograd::Param;
/// use gradus_optim::{AdamW, Optimizer};
/// use gradus_train::Checkpoint;
///
/// let folder = std::env::temp_dir().join(format!("gradus-checkpoint-doc-{}", std::process::id()));
/// let start = || (Param::new(3.0), Optimizer::new(AdamW::default(), 0.1));
/// let step = |w: &mut Param, optimizer: &mut Optimizer| {
///     optimizer.training_step(w, |w, tape| tape.param(w).square())
/// };
/// let (mut w, mut optimizer) = start();
/// step(&mut w, &mut optimizer);
/// Checkpoint::of(&w, &optimizer).with_value("best", 9.0).save_in(&folder, 3)?;
/// let next = step(&mut w, &mut optimizer);
///
/// // Later, in another process:
/// let (mut w, mut optimizer) = start();
/// let newest = Checkpoint::newest(&folder)?.expect("one was saved").checkpoint;
/// newest.restore(&mut w, &mut optimizer)?;
/// assert_eq!((newest.step(), newest.value("best").unwrap().item()), (1, 9.0));
/// assert_eq!(step(&mut w, &mut optimizer), next);
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok::<(), gradus_train::Error>(())
/// ```
///
/// The file is written beside its place, synced and renamed, and its folder synced: a crash leaves the old file or the new
/// one. It has a version and a checksum; what is damaged is an [`Error`], never a model that is half loaded.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    model: Entries,
    optimizer: Entries,
    random: IndexMap<String, Tensor>,
    values: IndexMap<String, Tensor>,
    texts: IndexMap<String, String>,
    step: u64,
    cursor: Cursor,
    lr: f64,
}

/// The newest checkpoint of a folder that is whole.
#[derive(Debug)]
pub struct Newest {
    /// Its file.
    pub path: PathBuf,
    /// What it holds.
    pub checkpoint: Checkpoint,
    /// What is wrong with those that are newer.
    pub damaged: Vec<Error>,
}

impl Checkpoint {
    /// The present state of a model and its optimizer. Nothing is copied before one of both changes.
    pub fn of(model: &(impl Params + ?Sized), optimizer: &Optimizer) -> Self {
        Self {
            model: state_dict(model),
            optimizer: optimizer.state(),
            random: IndexMap::new(),
            values: IndexMap::new(),
            texts: IndexMap::new(),
            step: optimizer.steps() + optimizer.skipped(),
            cursor: Cursor::default(),
            lr: optimizer.lr(),
        }
    }

    /// With another number of steps: of a loop in which the optimizer does not step each time.
    pub fn with_step(mut self, step: u64) -> Self {
        self.step = step;
        self
    }

    /// With the place among the batches.
    pub fn with_cursor(mut self, cursor: Cursor) -> Self {
        self.cursor = cursor;
        self
    }

    /// With a random stream, where it stands.
    pub fn with_rng(mut self, name: &str, rng: &Rng) -> Self {
        self.random.insert(name.to_string(), random::words(rng));
        self
    }

    /// With a value of the user's: a number or a tensor.
    pub fn with_value(mut self, name: &str, value: impl Into<Tensor>) -> Self {
        self.values.insert(name.to_string(), value.into());
        self
    }

    /// With a text of the user's.
    pub fn with_text(mut self, name: &str, text: &str) -> Self {
        self.texts.insert(name.to_string(), text.to_string());
        self
    }

    /// The steps that were made.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The place among the batches.
    pub fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// The learning rate of the step that comes next.
    pub fn lr(&self) -> f64 {
        self.lr
    }

    /// A random stream, where it stood.
    pub fn rng(&self, name: &str) -> Option<Rng> {
        self.random.get(name).and_then(random::of_words)
    }

    /// The names of the random streams.
    pub fn rngs(&self) -> impl Iterator<Item = &str> {
        self.random.keys().map(String::as_str)
    }

    /// A value of the user's.
    pub fn value(&self, name: &str) -> Option<&Tensor> {
        self.values.get(name)
    }

    /// All values of the user's.
    pub fn values(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// A text of the user's.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str)
    }

    /// The model's values by name: for `load_state_dict`, where only these are wanted.
    pub fn model(&self) -> &Entries {
        &self.model
    }

    /// What the optimizer remembers: for `Optimizer::load_state`, where only this is wanted.
    pub fn optimizer(&self) -> &Entries {
        &self.optimizer
    }

    /// Gives a model and its optimizer the state that was saved. They must be built as they were.
    ///
    /// # Errors
    /// [`Error::Model`], [`Error::ElementType`] or [`Error::Optimizer`] if they do not fit, [`Error::Schedule`] if the learning rate
    /// is another at this step. Then nothing is changed.
    pub fn restore(
        &self,
        model: &mut (impl Params + ?Sized),
        optimizer: &mut Optimizer,
    ) -> Result<(), Error> {
        optimizer.bind(model).map_err(Error::Optimizer)?;
        let (values, before) = (state_dict(model), optimizer.state());
        self.restore_with_new_rate(model, optimizer)?;
        let found = optimizer.lr();
        if found.to_bits() == self.lr.to_bits() {
            return Ok(());
        }
        // Their own states always fit.
        let _ = load_state_dict(model, values);
        let _ = optimizer.load_state(before, model);
        Err(Error::Schedule { step: self.step, saved: self.lr, found })
    }

    /// As [`Self::restore`], for an optimizer with another learning rate or schedule.
    ///
    /// # Errors
    /// As [`Self::restore`], without [`Error::Schedule`].
    pub fn restore_with_new_rate(
        &self,
        model: &mut (impl Params + ?Sized),
        optimizer: &mut Optimizer,
    ) -> Result<(), Error> {
        for (name, param) in model.params() {
            let (found, saved) = (param.value().dtype(), self.model.iter().find(|entry| entry.0 == name));
            if let Some(saved) = saved.map(|(_, value)| value.dtype()).filter(|saved| *saved != found) {
                return Err(Error::ElementType { name, saved, found });
            }
        }
        let before = state_dict(model);
        load_state_dict(model, self.model.iter().cloned()).map_err(Error::Model)?;
        optimizer.load_state(self.optimizer.clone(), model).map_err(|error| {
            // The model's own values always fit.
            let _ = load_state_dict(model, before);
            Error::Optimizer(error)
        })
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be written; an old file is then still there.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        write_atomically(path, &self.to_bytes()).map_err(|error| of_tensor(path, error))
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let integer = |n: u64| Tensor::from(n.cast_signed());
        let places = [
            ("step", integer(self.step)),
            ("epoch", integer(self.cursor.epoch)),
            ("batch", integer(self.cursor.batch as u64)),
            ("lr", Tensor::from(self.lr)),
        ];
        let tensor = |kind| move |(name, value)| (kind, name, Data::Tensor(Tensor::clone(value)));
        let named = |(name, value)| (String::as_str(name), value);
        let places = places.iter().map(|(name, value)| (*name, value)).map(tensor(Kind::Place));
        let model = self.model.iter().map(|(name, value)| (name.as_str(), value)).map(tensor(Kind::Model));
        let optimizer = self.optimizer.iter().map(|(name, value)| (name.as_str(), value));
        let optimizer = optimizer.map(tensor(Kind::Optimizer));
        let random = self.random.iter().map(named).map(tensor(Kind::Random));
        let values = self.values.iter().map(named).map(tensor(Kind::Value));
        let texts =
            self.texts.iter().map(|(name, text)| (Kind::Text, name.as_str(), Data::Text(text.clone())));
        format::write(places.chain(model).chain(optimizer).chain(random).chain(values).chain(texts))
    }

    /// Reads what [`Self::save`] wrote.
    ///
    /// # Errors
    /// What is wrong with the file: see [`Error`].
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let mut bytes = Vec::new();
        let mut file = open_regular(path).map_err(io(path))?;
        std::io::Read::read_to_end(&mut file, &mut bytes).map_err(io(path))?;
        Self::parse(path, &bytes)
    }

    /// Reads what [`Self::to_bytes`] made.
    ///
    /// # Errors
    /// As [`Self::load`]; in the place of the file stands `(bytes)`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::parse(Path::new("(bytes)"), bytes)
    }

    fn parse(path: &Path, bytes: &[u8]) -> Result<Self, Error> {
        let mut places: IndexMap<String, Tensor> = IndexMap::new();
        let mut all = Self {
            model: Vec::new(),
            optimizer: Vec::new(),
            random: IndexMap::new(),
            values: IndexMap::new(),
            texts: IndexMap::new(),
            step: 0,
            cursor: Cursor::default(),
            lr: f64::NAN,
        };
        for (kind, name, data) in format::read(path, bytes)? {
            match (kind, data) {
                (Kind::Model, Data::Tensor(value)) => all.model.push((name, value)),
                (Kind::Optimizer, Data::Tensor(value)) => all.optimizer.push((name, value)),
                (Kind::Random, Data::Tensor(value)) => _ = all.random.insert(name, value),
                (Kind::Place, Data::Tensor(value)) => _ = places.insert(name, value),
                (_, Data::Tensor(value)) => _ = all.values.insert(name, value),
                (_, Data::Text(text)) => _ = all.texts.insert(name, text),
            }
        }
        let place = |name: &str, dtype: DType| {
            let found = places.get(name).filter(|value| value.elements() == 1 && value.dtype() == dtype);
            let missing = || Error::Content {
                path: path.to_path_buf(),
                reason: format!("it has no entry {name} in {dtype}"),
            };
            found.ok_or_else(missing)
        };
        let count =
            |name: &str| place(name, DType::I64).map(|value| value.to_vec::<i64>()[0].cast_unsigned());
        all.step = count("step")?;
        all.cursor = Cursor { epoch: count("epoch")?, batch: count("batch")? as usize };
        all.lr = place("lr", DType::F64)?.item();
        Ok(all)
    }
}
