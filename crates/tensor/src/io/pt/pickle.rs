//! The instructions of a pickle, as far as plain tensors need them.
//!
//! A pickle is a program for a stack machine. All values but numbers lie in lists of the machine and are named by their place
//! there, so a value that contains itself, or the same one many times, is neither copied nor walked.
//!
//! # Source
//! Python's `pickletools`, protocols 2 to 4.

use std::collections::HashMap;

use super::rebuild::{Known, Plan, Storage};

/// What stands on the stack.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value {
    /// Numbers with a point, truth values and nothing: of no use here.
    Other,
    Int(i64),
    /// Places in the lists of [`Pickle`].
    Text(usize),
    /// A tuple or a list.
    Sequence(usize),
    Dict(usize),
    Storage(usize),
    Tensor(usize),
    Known(Known),
}

/// What a program has made.
#[derive(Debug)]
pub(super) struct Pickle {
    pub(super) texts: Vec<String>,
    pub(super) sequences: Vec<Vec<Value>>,
    pub(super) dicts: Vec<Vec<(Value, Value)>>,
    pub(super) storages: Vec<Storage>,
    pub(super) tensors: Vec<Plan>,
    pub(super) result: Value,
}

/// A program that runs.
struct Machine<'a> {
    rest: &'a [u8],
    made: Pickle,
    stack: Vec<Value>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: HashMap<usize, Value>,
}

impl Pickle {
    /// Runs a program to its end.
    pub(super) fn run(program: &[u8]) -> Result<Self, String> {
        let made = Self {
            texts: Vec::new(),
            sequences: Vec::new(),
            dicts: Vec::new(),
            storages: Vec::new(),
            tensors: Vec::new(),
            result: Value::Other,
        };
        let mut machine =
            Machine { rest: program, made, stack: Vec::new(), marks: Vec::new(), memo: HashMap::new() };
        loop {
            let at = program.len() - machine.rest.len();
            let [code] = machine.take()?;
            if code == b'.' {
                machine.made.result = machine.pop()?;
                return Ok(machine.made);
            }
            machine.step(code).map_err(|reason| format!("at byte {at}: {reason}"))?;
        }
    }

    /// The items of a tuple or a list.
    pub(super) fn items(&self, value: Value) -> Result<&[Value], String> {
        match value {
            Value::Sequence(i) => Ok(&self.sequences[i]),
            _ => Err("a tuple is expected".to_string()),
        }
    }

    pub(super) fn new_dict(&mut self) -> Value {
        self.dicts.push(Vec::new());
        Value::Dict(self.dicts.len() - 1)
    }
}

impl Machine<'_> {
    fn step(&mut self, code: u8) -> Result<(), String> {
        let value = match code {
            0x80 => return self.take::<1>().map(drop), // PROTO
            0x95 => return self.take::<8>().map(drop), // FRAME
            b'(' => {
                self.marks.push(self.stack.len());
                return Ok(());
            }
            b'q' | b'r' | 0x94 => return self.remember(code),
            b'a' | b'e' | b's' | b'u' | b'b' => return self.fill(code),
            b'N' | 0x88 | 0x89 => Value::Other,
            b'G' => self.take::<8>().map(|_| Value::Other)?,
            b'J' | b'K' | b'M' | 0x8a => self.integer(code)?,
            b'X' | 0x8c | 0x8d => self.text(code)?,
            b')' | b']' => self.sequence(Vec::new()),
            b't' => {
                let items = self.since_mark()?;
                self.sequence(items)
            }
            0x85..=0x87 => {
                let items = self.last(usize::from(code - 0x84))?;
                self.sequence(items)
            }
            b'}' => self.made.new_dict(),
            b'h' | b'j' => {
                let at = if code == b'h' { self.length::<1>()? } else { self.length::<4>()? };
                *self.memo.get(&at).ok_or_else(|| format!("nothing is remembered as {at}"))?
            }
            b'c' | 0x93 => self.global(code)?,
            b'R' => {
                let (arguments, function) = (self.pop()?, self.pop()?);
                self.made.call(function, arguments)?
            }
            b'Q' => {
                let identity = self.pop()?;
                self.made.storage(identity)?
            }
            other => return Err(format!("instruction {other:#04x} is not one of plain tensors")),
        };
        self.stack.push(value);
        Ok(())
    }

    fn bytes(&mut self, length: usize) -> Result<&[u8], String> {
        if length > self.rest.len() {
            return Err("it is truncated".to_string());
        }
        let (bytes, rest) = self.rest.split_at(length);
        self.rest = rest;
        Ok(bytes)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let bytes = self.bytes(N)?;
        Ok(std::array::from_fn(|i| bytes[i]))
    }

    /// An unsigned number of `N` bytes.
    fn length<const N: usize>(&mut self) -> Result<usize, String> {
        let mut wide = [0; 8];
        wide[..N].copy_from_slice(&self.take::<N>()?);
        usize::try_from(u64::from_le_bytes(wide)).map_err(|_| "it is truncated".to_string())
    }

    fn integer(&mut self, code: u8) -> Result<Value, String> {
        Ok(Value::Int(match code {
            b'J' => i64::from(i32::from_le_bytes(self.take()?)),
            b'K' => i64::from(u8::from_le_bytes(self.take()?)),
            b'M' => i64::from(u16::from_le_bytes(self.take()?)),
            _ => {
                // LONG1: as many bytes as it needs, in two's complement.
                let length = self.length::<1>()?;
                let bytes = self.bytes(length)?;
                if length > 8 {
                    return Err(format!("an integer of {length} bytes"));
                }
                let sign = if bytes.last().is_some_and(|last| last >> 7 == 1) { 0xff } else { 0 };
                let mut wide = [sign; 8];
                wide[..length].copy_from_slice(bytes);
                i64::from_le_bytes(wide)
            }
        }))
    }

    fn text(&mut self, code: u8) -> Result<Value, String> {
        let length = match code {
            0x8c => self.length::<1>()?,
            b'X' => self.length::<4>()?,
            _ => self.length::<8>()?,
        };
        let text =
            std::str::from_utf8(self.bytes(length)?).map_err(|_| "a text is not in UTF-8")?.to_string();
        self.made.texts.push(text);
        Ok(Value::Text(self.made.texts.len() - 1))
    }

    fn sequence(&mut self, items: Vec<Value>) -> Value {
        self.made.sequences.push(items);
        Value::Sequence(self.made.sequences.len() - 1)
    }

    fn pop(&mut self) -> Result<Value, String> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err("its stack is empty".to_string());
        }
        self.stack.pop().ok_or_else(|| "its stack is empty".to_string())
    }

    fn last(&mut self, count: usize) -> Result<Vec<Value>, String> {
        let mut items = (0..count).map(|_| self.pop()).collect::<Result<Vec<_>, _>>()?;
        items.reverse();
        Ok(items)
    }

    fn since_mark(&mut self) -> Result<Vec<Value>, String> {
        let mark = self.marks.pop().ok_or("its stack has no mark")?;
        Ok(self.stack.split_off(mark))
    }

    fn remember(&mut self, code: u8) -> Result<(), String> {
        let at = match code {
            b'q' => self.length::<1>()?,
            b'r' => self.length::<4>()?,
            _ => self.memo.len(),
        };
        let value = self.pop()?;
        self.stack.push(value);
        self.memo.insert(at, value);
        Ok(())
    }

    /// Puts what stands above a list or dictionary into it.
    fn fill(&mut self, code: u8) -> Result<(), String> {
        let items = match code {
            b'a' | b'b' => self.last(1)?,
            b's' => self.last(2)?,
            _ => self.since_mark()?,
        };
        let container = self.pop()?;
        self.stack.push(container);
        match (container, code) {
            (Value::Sequence(i), b'a' | b'e') => self.made.sequences[i].extend(items),
            (Value::Dict(i), b's' | b'u') if items.len().is_multiple_of(2) => {
                self.made.dicts[i].extend(items.chunks_exact(2).map(|pair| (pair[0], pair[1])));
            }
            // The attributes of an OrderedDict: the versions of its modules.
            (Value::Dict(_), b'b') => {}
            _ => return Err("items for what is no container".to_string()),
        }
        Ok(())
    }

    fn global(&mut self, code: u8) -> Result<Value, String> {
        if code == b'c' {
            let (module, name) = (self.line()?, self.line()?);
            return Known::find(&module, &name).map(Value::Known);
        }
        match self.last(2)?[..] {
            [Value::Text(module), Value::Text(name)] => {
                Known::find(&self.made.texts[module], &self.made.texts[name]).map(Value::Known)
            }
            _ => Err("a name is no text".to_string()),
        }
    }

    fn line(&mut self) -> Result<String, String> {
        let end = self.rest.iter().position(|&byte| byte == b'\n').ok_or("it is truncated")?;
        let line = String::from_utf8_lossy(self.bytes(end)?).into_owned();
        self.take::<1>()?;
        Ok(line)
    }
}
