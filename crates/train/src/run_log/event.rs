//! TensorBoard's event file: records of the protocol buffer `Event`, each with its length and two checksums.
//!
//! # Source
//! `tensorboard/compat/proto/event.proto`, `summary.proto`, `histogram.proto`; the records are those of TFRecord: length (8 bytes), its masked
//! CRC-32C, data, their masked CRC-32C.

use crc::{CRC_32_ISCSI, Crc, Table};

use super::Histogram;
use super::png::Picture;

const CHECKSUM: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);
/// Bytes of a record before and behind its data.
const HEAD: usize = 12;
const TAIL: usize = 4;

/// A message of protocol buffers as it is written.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut x: u64) {
        while x >= 128 {
            self.0.push(x as u8 | 128);
            x >>= 7;
        }
        self.0.push(x as u8);
    }

    fn integer(mut self, field: u64, x: u64) -> Self {
        self.varint(field << 3);
        self.varint(x);
        self
    }

    fn double(mut self, field: u64, x: f64) -> Self {
        self.varint(field << 3 | 1);
        self.0.extend_from_slice(&x.to_le_bytes());
        self
    }

    fn float(mut self, field: u64, x: f64) -> Self {
        self.varint(field << 3 | 5);
        self.0.extend_from_slice(&(x as f32).to_le_bytes());
        self
    }

    fn bytes(mut self, field: u64, bytes: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    fn doubles(self, field: u64, all: &[f64]) -> Self {
        self.bytes(field, &all.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<_>>())
    }
}

fn masked(bytes: &[u8]) -> [u8; 4] {
    CHECKSUM.checksum(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

fn record(message: &Message) -> Vec<u8> {
    let length = (message.0.len() as u64).to_le_bytes();
    [&length[..], &masked(&length), &message.0, &masked(&message.0)].concat()
}

fn event(step: u64, time: Option<f64>, values: &[Message]) -> Vec<u8> {
    let summary = values.iter().fold(Message::default(), |summary, value| summary.bytes(1, &value.0));
    let event = Message::default().double(1, time.unwrap_or(0.0)).integer(2, step);
    record(&event.bytes(5, &summary.0))
}

/// The first record of a file.
pub(super) fn version() -> Vec<u8> {
    record(&Message::default().double(1, 0.0).bytes(3, b"brain.Event:2"))
}

pub(super) fn scalars(step: u64, values: &[(&str, f64)], time: Option<f64>) -> Vec<u8> {
    let value = |(name, x): &(&str, f64)| Message::default().bytes(1, name.as_bytes()).float(2, *x);
    event(step, time, &values.iter().map(value).collect::<Vec<_>>())
}

pub(super) fn histogram(step: u64, name: &str, of: &Histogram, time: Option<f64>) -> Vec<u8> {
    let ([low, high], [count, sum, squares]) = (of.range, of.moments);
    let proto = Message::default().double(1, low).double(2, high).double(3, count).double(4, sum);
    let proto = proto.double(5, squares).doubles(6, &of.limits).doubles(7, &of.counts);
    event(step, time, &[Message::default().bytes(1, name.as_bytes()).bytes(5, &proto.0)])
}

pub(super) fn image(step: u64, name: &str, picture: &Picture, time: Option<f64>) -> Vec<u8> {
    let [height, width, channels] = picture.size.map(|n| n as u64);
    let proto = Message::default().integer(1, height).integer(2, width).integer(3, channels);
    let proto = proto.bytes(4, &picture.png);
    event(step, time, &[Message::default().bytes(1, name.as_bytes()).bytes(4, &proto.0)])
}

/// The bytes of a file that are kept after `steps` steps: up to the first record of a later step, or that is not whole.
pub(super) fn kept(bytes: &[u8], steps: u64) -> Result<u64, (usize, String)> {
    let mut at = 0;
    for number in 1.. {
        let rest = &bytes[at..];
        let Some(length) = rest.get(..8).and_then(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes)
        else {
            break;
        };
        if rest.len() < HEAD {
            break;
        }
        if rest[8..HEAD] != masked(&rest[..8]) {
            return Err((number, "it is no record of an event file".to_string()));
        }
        let Some(end) = usize::try_from(length).ok().and_then(|n| n.checked_add(HEAD + TAIL)) else { break };
        let Some(whole) = rest.get(..end) else { break };
        let data = &whole[HEAD..end - TAIL];
        if whole[end - TAIL..] != masked(data) {
            return Err((number, "its checksum is wrong".to_string()));
        }
        if step(data).is_some_and(|step| step >= steps) {
            break;
        }
        at += end;
    }
    Ok(at as u64)
}

/// The step of an event as it is written here: a double, then the number. The version has none.
fn step(data: &[u8]) -> Option<u64> {
    let rest = data.get(9..)?.strip_prefix(&[2 << 3])?;
    let end = rest.iter().position(|byte| *byte < 128)?;
    Some(rest[..=end].iter().rev().fold(0, |x, byte| x << 7 | u64::from(byte & 127)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The record that TensorBoard's own writer makes of a version and of a scalar.
    #[test]
    fn records_by_hand() {
        assert_eq!(CHECKSUM.checksum(b"123456789"), 0xe306_9283);
        let version = version();
        assert_eq!(version[..8], 24u64.to_le_bytes());
        assert_eq!(version[HEAD..HEAD + 11], [9, 0, 0, 0, 0, 0, 0, 0, 0, 0x1a, 13]);
        let scalar = scalars(300, &[("a", 0.5)], None);
        // step 300, a summary of 10 bytes, a value of 8: tag "a", 0.5 in F32.
        let wanted = [16, 0xac, 2, 0x2a, 10, 10, 8, 10, 1, b'a', 0x15, 0, 0, 0, 0x3f];
        assert_eq!(scalar[HEAD + 9..scalar.len() - TAIL], wanted);
    }

    #[test]
    fn a_file_is_cut_before_its_step() {
        let steps = [0, 1, 127, 128, 20_000, u64::MAX >> 1];
        let records: Vec<Vec<u8>> = std::iter::once(version())
            .chain(steps.iter().map(|step| scalars(*step, &[("x", 1.0)], None)))
            .collect();
        let file = records.concat();
        let length = |n: usize| Ok(records[..n].concat().len() as u64);
        for (i, step) in steps.iter().enumerate() {
            assert_eq!(kept(&file, *step), length(i + 1));
        }
        assert_eq!(kept(&file, u64::MAX), length(7));
        for cut in 1..30 {
            assert_eq!(kept(&file[..file.len() - cut], u64::MAX), length(6));
        }
        let mut damaged = file.clone();
        damaged[records[0].len() + HEAD] ^= 1;
        assert_eq!(kept(&damaged, 9), Err((2, "its checksum is wrong".to_string())));
        assert_eq!(
            kept(b"{\"step\":0,\"x\":1}\n", 9),
            Err((1, "it is no record of an event file".to_string()))
        );
    }
}
