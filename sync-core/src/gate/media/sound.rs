//! Voice notes. WAV: the form of the sound and the sound. M4A: boxes that say how to play it stay where they
//! are, since it says by places in the file where the sound is; all others are blanked in their place.

use crate::gate::media::u32_at;

/// What surrounds the data of a box or chunk, bytes: length and name.
const HEAD: usize = 8;
/// How deep boxes lie in each other: a sample table is at the fifth place.
const DEEPEST: usize = 6;
/// Boxes in a file: a plain recording has thirty.
const BOXES: usize = 512;
/// Boxes that hold boxes, on the way to what is played.
const HOLDERS: [&[u8]; 5] = [b"moov", b"trak", b"mdia", b"minf", b"stbl"];
/// Boxes that say how to play the sound.
const PLAYED: [&[u8]; 15] = [
    b"ftyp", b"mdat", b"mvhd", b"tkhd", b"mdhd", b"smhd", b"dinf", b"stsd", b"stts", b"stsc",
    b"stsz", b"stco", b"co64", b"free", b"hdlr",
];

pub(super) fn is_wav(bytes: &[u8]) -> bool {
    bytes.starts_with(b"RIFF") && bytes.get(HEAD..12) == Some(b"WAVE")
}

pub(super) fn is_m4a(bytes: &[u8]) -> bool {
    bytes.get(4..HEAD) == Some(b"ftyp")
}

/// The sound and its form. None for what is broken.
pub(super) fn clean_wav(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut kept = bytes.get(..12)?.to_vec();
    let (mut at, mut form, mut sound) = (12, false, false);
    while at < bytes.len() {
        let name = bytes.get(at..at + 4)?;
        let length = u32::from_le_bytes(*bytes.get(at + 4..)?.first_chunk()?) as usize;
        let end = at.checked_add(HEAD)?.checked_add(length)?;
        let chunk = bytes.get(at..end)?;
        let wanted =
            (name == b"fmt " && !form && length <= 40) || (name == b"data" && form && !sound);
        if wanted {
            kept.extend_from_slice(chunk);
            // Chunks begin at even places.
            kept.resize(kept.len().next_multiple_of(2), 0);
            (form, sound) = (true, name == b"data");
        }
        at = end.next_multiple_of(2);
    }
    let length = u32::try_from(kept.len().checked_sub(HEAD)?).ok()?;
    kept[4..HEAD].copy_from_slice(&length.to_le_bytes());
    sound.then_some(kept)
}

/// The sound with all else blanked. None for what is broken, or has pictures.
pub(super) fn clean_m4a(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut kept = bytes.to_vec();
    let (end, mut left) = (kept.len(), BOXES);
    blank(&mut kept, (0, end), 0, &mut left)?;
    Some(kept)
}

/// Blanks the boxes between two places that are not needed.
fn blank(
    bytes: &mut [u8],
    (mut at, end): (usize, usize),
    depth: usize,
    left: &mut usize,
) -> Option<()> {
    while at < end {
        *left = left.checked_sub(1)?;
        let length = u32_at(bytes, at).filter(|length| *length >= HEAD && depth < DEEPEST)?;
        let after = at.checked_add(length).filter(|after| *after <= end)?;
        let name: [u8; 4] = *bytes.get(at + 4..)?.first_chunk()?;
        match name.as_slice() {
            name if HOLDERS.contains(&name) => blank(bytes, (at + HEAD, after), depth + 1, left)?,
            b"hdlr" => plain_handler(bytes.get_mut(at + HEAD..after)?)?,
            b"mvhd" | b"tkhd" | b"mdhd" => without_times(bytes.get_mut(at + HEAD..after)?)?,
            b"free" => bytes.get_mut(at + HEAD..after)?.fill(0),
            name if PLAYED.contains(&name) => {}
            _ => {
                bytes[at + 4..at + HEAD].copy_from_slice(b"free");
                bytes[at + HEAD..after].fill(0);
            }
        }
        at = after;
    }
    Some(())
}

/// A handler is of sound; its name may say which phone it was.
fn plain_handler(inside: &mut [u8]) -> Option<()> {
    let sound = inside.get(8..12)? == b"soun";
    inside.get_mut(12..)?.fill(0);
    sound.then_some(())
}

/// When it was made and changed.
fn without_times(inside: &mut [u8]) -> Option<()> {
    let wide = *inside.first()? == 1;
    inside.get_mut(4..if wide { 20 } else { 12 })?.fill(0);
    Some(())
}
