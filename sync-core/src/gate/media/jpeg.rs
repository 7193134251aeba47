//! JPEG photos: tables, frames and scans are copied; what applications put beside them is not, but for
//! which way up the picture is and how its colours are coded.

use crate::gate::media::u16_at;

const START: u8 = 0xD8;
const END: u8 = 0xD9;
const SCAN: u8 = 0xDA;
const JFIF: u8 = 0xE0;
const EXIF: u8 = 0xE1;
const ADOBE: u8 = 0xEE;

/// Says how to turn the picture and nothing else: a TIFF header and one entry; the way is put in at
/// [`WAY`].
const TURNED: [u8; 36] = [
    0xFF, EXIF, 0, 34, b'E', b'x', b'i', b'f', 0, 0, b'M', b'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01,
    0x12, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,
];
const WAY: usize = 29;
/// The tag of an orientation, and its type.
const ORIENTATION: u16 = 0x0112;
const SHORT: u16 = 3;
/// The ways a picture may be turned; the first is upright and needs no word.
const WAYS: std::ops::RangeInclusive<u16> = 2..=8;

pub(super) fn is(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xFF, START, 0xFF])
}

/// The picture alone. None for what is broken or of no form that a camera writes.
pub(super) fn clean(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut kept = Kept::default();
    let mut at = 2;
    loop {
        let (marker, after) = marker_at(bytes, at)?;
        if marker == END {
            return kept.whole(bytes.len());
        }
        let length = usize::from(u16_at(bytes, after)?);
        let end = after.checked_add(length)?;
        let inside = bytes.get(after + 2..end)?;
        kept.take(marker, inside, bytes.get(after..end)?)?;
        at = end;
        if marker == SCAN {
            at = end_of_scan(bytes, end)?;
            kept.body.extend_from_slice(&bytes[end..at]);
            kept.scans += 1;
        }
    }
}

#[derive(Default)]
struct Kept {
    jfif: Option<Vec<u8>>,
    way: Option<u16>,
    body: Vec<u8>,
    scans: usize,
}

impl Kept {
    /// Keeps a segment, or lets it go. None for one that no camera writes.
    fn take(&mut self, marker: u8, inside: &[u8], segment: &[u8]) -> Option<()> {
        match marker {
            // A head of fourteen bytes holds no small picture of the one before it was cut.
            JFIF if inside.starts_with(b"JFIF\0") && inside.len() == 14 => {
                self.jfif.get_or_insert_with(|| [&[0xFF, JFIF], segment].concat());
            }
            EXIF => self.way = self.way.or_else(|| way_of(inside)),
            // Without it, red and blue would be taken for each other.
            ADOBE if inside.starts_with(b"Adobe") && inside.len() == 12 => {
                self.copy(marker, segment)
            }
            // What applications add, and comments.
            0xE0..=0xEF | 0xFE => {}
            // Frames, Huffman and arithmetic tables, scans, quantisation, lines, restarts.
            0xC0..=0xC7 | 0xC9..=0xCF | SCAN..=0xDD => self.copy(marker, segment),
            _ => return None,
        }
        Some(())
    }

    fn copy(&mut self, marker: u8, segment: &[u8]) {
        self.body.extend_from_slice(&[0xFF, marker]);
        self.body.extend_from_slice(segment);
    }

    /// What follows the end of the picture is other pictures with places of their own.
    fn whole(self, room: usize) -> Option<Vec<u8>> {
        let mut whole = Vec::with_capacity(room);
        whole.extend([0xFF, START]);
        whole.extend(self.jfif.into_iter().flatten());
        whole.extend(self.way.map(turned).into_iter().flatten());
        whole.extend(self.body);
        whole.extend([0xFF, END]);
        (self.scans > 0).then_some(whole)
    }
}

/// The marker at a place, fill bytes passed over, and where what belongs to it begins.
fn marker_at(bytes: &[u8], mut at: usize) -> Option<(u8, usize)> {
    if *bytes.get(at)? != 0xFF {
        return None;
    }
    while *bytes.get(at)? == 0xFF {
        at += 1;
    }
    Some((bytes[at], at + 1))
}

/// Where the coded picture ends: at the next marker that is no restart.
fn end_of_scan(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == 0xFF)?;
        match *bytes.get(at + 1)? {
            0 | 0xD0..=0xD7 => at += 2,
            _ => return Some(at),
        }
    }
}

fn turned(way: u16) -> [u8; 36] {
    let mut segment = TURNED;
    segment[WAY] = way as u8;
    segment
}

/// Which way up a picture is, as its first directory says; nothing where it says so in no simple way.
fn way_of(inside: &[u8]) -> Option<u16> {
    let tiff = inside.strip_prefix(b"Exif\0\0")?;
    let little = tiff.starts_with(b"II");
    let u16_of = |at: usize| {
        let pair: [u8; 2] = *tiff.get(at..)?.first_chunk()?;
        Some(if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
    };
    let (high, low) = if little { (u16_of(6)?, u16_of(4)?) } else { (u16_of(4)?, u16_of(6)?) };
    let first = usize::from(low).checked_add(usize::from(high) << 16)?;
    let count = usize::from(u16_of(first)?);
    let entries = (0..count).map(|n| first + 2 + n * 12);
    for at in entries {
        if u16_of(at)? == ORIENTATION && u16_of(at + 2)? == SHORT {
            return u16_of(at + 8).filter(|way| WAYS.contains(way));
        }
    }
    None
}
