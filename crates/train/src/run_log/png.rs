//! An image as PNG, its data not compressed: what TensorBoard wants, in a page.
//!
//! # Source
//! W3C, Portable Network Graphics, third edition; RFC 1950 and 1951 (stored blocks).

use crc::{CRC_32_ISO_HDLC, Crc, Table};
use gradus_tensor::{DType, Tensor};

const CHECKSUM: Crc<u32, Table<1>> = Crc::<u32, Table<1>>::new(&CRC_32_ISO_HDLC);

/// An encoded image.
pub(super) struct Picture {
    /// Height, width, channels.
    pub(super) size: [usize; 3],
    pub(super) png: Vec<u8>,
}

#[track_caller]
pub(super) fn encode(image: &Tensor) -> Picture {
    let shape = image.shape().to_vec();
    let (channels, height, width) = match shape[..] {
        [height, width] => (1, height, width),
        [channels @ (1 | 3), height, width] => (channels, height, width),
        _ => panic!(
            "image: it must be [height, width], [1, height, width] or [3, height, width], got {shape:?}"
        ),
    };
    assert!(height > 0 && width > 0, "image: it has no pixels, its shape is {shape:?}");
    // Pixel by pixel, the channels of one side by side; NaN is dark.
    let pixels = image.reshape([channels, height * width]).t().contiguous().to(DType::F64).to_vec::<f64>();
    let bytes: Vec<u8> = pixels.iter().map(|x| (x * 255.0).round() as u8).collect();
    let rows = bytes.chunks(width * channels);
    // Each row begins with its filter: none.
    let data: Vec<u8> = rows.flat_map(|row| std::iter::once(&0).chain(row).copied()).collect();
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let colour = if channels == 3 { 2 } else { 0 };
    let header = [&(width as u32).to_be_bytes()[..], &(height as u32).to_be_bytes(), &[8, colour, 0, 0, 0]];
    chunk(&mut png, *b"IHDR", &header.concat());
    chunk(&mut png, *b"IDAT", &stored(&data));
    chunk(&mut png, *b"IEND", &[]);
    Picture { size: [height, width, channels], png }
}

fn chunk(out: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    let named = [&name[..], data].concat();
    out.extend_from_slice(&(data.len() as u32).to_be_bytes());
    out.extend_from_slice(&named);
    out.extend_from_slice(&CHECKSUM.checksum(&named).to_be_bytes());
}

/// A zlib stream of stored blocks.
fn stored(data: &[u8]) -> Vec<u8> {
    const LARGEST: usize = 65_535;
    let mut out = vec![0x78, 0x01];
    let blocks = data.chunks(LARGEST).len();
    for (i, block) in data.chunks(LARGEST).enumerate() {
        let length = block.len() as u16;
        out.push(u8::from(i + 1 == blocks));
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(block);
    }
    let (a, b) = data.iter().fold((1u32, 0u32), |(a, b), x| {
        let a = (a + u32::from(*x)) % 65_521;
        (a, (b + a) % 65_521)
    });
    out.extend_from_slice(&(b << 16 | a).to_be_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grey_and_a_coloured_image() {
        let grey = encode(&Tensor::from([[0.0, 1.0], [0.5, 2.0]]));
        assert_eq!((grey.size, grey.png[25]), ([2, 2, 1], 0));
        // Behind the header: zlib's two bytes, one last block of six bytes.
        assert_eq!(grey.png[41..54], [0x78, 1, 1, 6, 0, 0xf9, 0xff, 0, 0, 255, 0, 128, 255]);
        let red = encode(&Tensor::from([[[1.0]], [[0.0]], [[0.0]]]));
        assert_eq!((red.size, red.png[25], &red.png[48..52]), ([1, 1, 3], 2, &[0, 255, 0, 0][..]));
        // Adler-32 of "Wikipedia".
        assert_eq!(stored(b"Wikipedia")[16..], 0x11e6_0398_u32.to_be_bytes());
    }

    #[test]
    #[should_panic(
        expected = "image: it must be [height, width], [1, height, width] or [3, height, width], got [2, 3, 4]"
    )]
    fn two_channels() {
        encode(&Tensor::zeros([2, 3, 4]));
    }
}
