//! What the bytes of an attachment may be, and what of them is kept: the picture, the sound, the marks.
//! Where, when and with which phone it was made goes before anything is saved.
//!
//! Nothing is decoded and made anew: evidence stays as the camera wrote it. Parts are copied by lists of
//! what is needed, never left out by lists of what is not, so that what a new phone adds goes, too.

mod body_map;
mod jpeg;
mod png;
mod sound;

use crate::limits::{BODY_MAP_BYTES, PHOTO_BYTES, VOICE_NOTE_BYTES};
use crate::record::kinds::attachment::AttachmentSort;

pub use body_map::{BodyMap, Figure, Mark};

/// Why bytes cannot be attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    /// More than this sort may have.
    #[error("this is too large: a photo may have 8 MB, a voice note 10 MB and a body map 64 KB")]
    TooLarge,
    /// Not of a form that this sort may have.
    #[error("this is not a JPEG or PNG photo, an M4A or WAV voice note or the marks of a body map")]
    Unknown,
    /// Of such a form, but broken, or made in a way whose hidden parts could not be found.
    #[error("this file is damaged or of a rare form that cannot be kept safely")]
    Damaged,
}

/// The most bytes that an attachment of this sort may have.
#[must_use]
pub const fn largest(sort: AttachmentSort) -> u32 {
    match sort {
        AttachmentSort::Photo => PHOTO_BYTES,
        AttachmentSort::VoiceNote => VOICE_NOTE_BYTES,
        AttachmentSort::BodyMap => BODY_MAP_BYTES,
    }
}

/// What is kept of bytes that are to be attached; the same of what was kept once. What they are is seen by
/// their first bytes.
///
/// # Errors
/// [`MediaError`]
pub fn clean(sort: AttachmentSort, bytes: &[u8]) -> Result<Vec<u8>, MediaError> {
    if bytes.len() > largest(sort) as usize {
        return Err(MediaError::TooLarge);
    }
    match sort {
        AttachmentSort::Photo if jpeg::is(bytes) => jpeg::clean(bytes).ok_or(MediaError::Damaged),
        AttachmentSort::Photo if png::is(bytes) => png::clean(bytes).ok_or(MediaError::Damaged),
        AttachmentSort::VoiceNote if sound::is_wav(bytes) => {
            sound::clean_wav(bytes).ok_or(MediaError::Damaged)
        }
        AttachmentSort::VoiceNote if sound::is_m4a(bytes) => {
            sound::clean_m4a(bytes).ok_or(MediaError::Damaged)
        }
        AttachmentSort::BodyMap => body_map::clean(bytes).ok_or(MediaError::Unknown),
        AttachmentSort::Photo | AttachmentSort::VoiceNote => Err(MediaError::Unknown),
    }
}

/// Whether bytes are of their sort and hold nothing that should have gone.
#[must_use]
pub fn is_clean(sort: AttachmentSort, bytes: &[u8]) -> bool {
    clean(sort, bytes).is_ok_and(|kept| kept == bytes)
}

/// The two bytes at a place, most significant first.
fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The four bytes at a place, most significant first.
fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?) as usize)
}

#[cfg(test)]
mod tests;
