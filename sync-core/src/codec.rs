//! The bounded byte reader and writer under every frozen form: envelopes, changes, frames.
//!
//! A reader never allocates by a declared count without having checked the bytes left, and one
//! value has one spelling: a number in more bytes than it needs is refused.

/// Why bytes are not what they should be. Carries no content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end inside a value.
    #[error("the data ends too early")]
    Truncated,
    /// A number takes more bytes than it needs, or more than 64 bits.
    #[error("a number is not in its shortest form")]
    Number,
    /// A count or length is above its bound.
    #[error("{0} is above its limit")]
    TooLarge(&'static str),
    /// A string is not UTF-8.
    #[error("a text is not valid UTF-8")]
    Text,
    /// A tag this version does not know: a newer version wrote it.
    #[error("{0} is not known to this version")]
    Unknown(&'static str),
    /// Something that no version writes.
    #[error("{0} is malformed")]
    Malformed(&'static str),
    /// Bytes left over after the value.
    #[error("there is more data than the value holds")]
    Trailing,
}

/// Writes the frozen form.
#[derive(Debug, Default, Clone)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// An empty writer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What was written.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.0
    }

    /// Bytes written so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was written yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One byte.
    pub fn byte(&mut self, byte: u8) -> &mut Self {
        self.0.push(byte);
        self
    }

    /// Bytes whose number the reader knows.
    pub fn fixed(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// An unsigned number: seven bits a byte, lowest first.
    pub fn uint(&mut self, mut number: u64) -> &mut Self {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
        self
    }

    /// A signed number, small ones short.
    pub fn int(&mut self, number: i64) -> &mut Self {
        self.uint(((number << 1) ^ (number >> 63)) as u64)
    }

    /// Bytes with their length.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.uint(bytes.len() as u64).fixed(bytes)
    }

    /// Text with its length.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }
}

/// Reads the frozen form.
#[derive(Debug, Clone)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// A reader of these bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Bytes not read yet.
    #[must_use]
    pub fn left(&self) -> usize {
        self.0.len()
    }

    /// Nothing may be left.
    ///
    /// # Errors
    /// [`DecodeError::Trailing`] if something is.
    pub fn end(&self) -> Result<(), DecodeError> {
        if self.0.is_empty() { Ok(()) } else { Err(DecodeError::Trailing) }
    }

    /// One byte.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] at the end.
    pub fn byte(&mut self) -> Result<u8, DecodeError> {
        Ok(self.fixed(1)?[0])
    }

    /// `count` bytes.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] if fewer are left.
    pub fn fixed(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let (head, tail) = self.0.split_at_checked(count).ok_or(DecodeError::Truncated)?;
        self.0 = tail;
        Ok(head)
    }

    /// Sixteen or thirty-two bytes, as the caller's type says.
    ///
    /// # Errors
    /// [`DecodeError::Truncated`] if fewer are left.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        self.fixed(N)?.try_into().map_err(|_| DecodeError::Truncated)
    }

    /// An unsigned number.
    ///
    /// # Errors
    /// [`DecodeError::Number`] if it is not in its shortest form or passes 64 bits.
    pub fn uint(&mut self) -> Result<u64, DecodeError> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if (shift == 63 && bits > 1) || (byte == 0 && shift > 0) {
                return Err(DecodeError::Number);
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(DecodeError::Number)
    }

    /// An unsigned number up to `max`; `what` names it in the error.
    ///
    /// # Errors
    /// As [`Reader::uint`], and [`DecodeError::TooLarge`].
    pub fn uint_to(&mut self, max: u64, what: &'static str) -> Result<u64, DecodeError> {
        let number = self.uint()?;
        if number > max { Err(DecodeError::TooLarge(what)) } else { Ok(number) }
    }

    /// How many items follow, each of at least one byte: never more than `max` nor than bytes left.
    ///
    /// # Errors
    /// As [`Reader::uint`], and [`DecodeError::TooLarge`].
    pub fn count(&mut self, max: usize, what: &'static str) -> Result<usize, DecodeError> {
        let count = self.uint_to(max as u64, what)? as usize;
        if count > self.left() { Err(DecodeError::Truncated) } else { Ok(count) }
    }

    /// A signed number.
    ///
    /// # Errors
    /// As [`Reader::uint`].
    pub fn int(&mut self) -> Result<i64, DecodeError> {
        let raw = self.uint()?;
        Ok((raw >> 1) as i64 ^ -((raw & 1) as i64))
    }

    /// Bytes with their length, at most `max`.
    ///
    /// # Errors
    /// As [`Reader::count`].
    pub fn bytes(&mut self, max: usize, what: &'static str) -> Result<&'a [u8], DecodeError> {
        let length = self.count(max, what)?;
        self.fixed(length)
    }

    /// Text with its length in bytes, at most `max`.
    ///
    /// # Errors
    /// As [`Reader::bytes`], and [`DecodeError::Text`].
    pub fn text(&mut self, max: usize, what: &'static str) -> Result<&'a str, DecodeError> {
        std::str::from_utf8(self.bytes(max, what)?).map_err(|_| DecodeError::Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_spelling() {
        for number in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut writer = Writer::new();
            writer.uint(number);
            let bytes = writer.finish();
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.uint(), Ok(number));
            assert_eq!(reader.end(), Ok(()));
        }
        assert_eq!(Reader::new(&[0x80, 0x00]).uint(), Err(DecodeError::Number));
        assert_eq!(Reader::new(&[0xff; 10]).uint(), Err(DecodeError::Number));
    }

    #[test]
    fn signed_numbers_read_back() {
        for number in [0, -1, 1, i64::MIN, i64::MAX, -86_400_000] {
            let mut writer = Writer::new();
            writer.int(number);
            assert_eq!(Reader::new(&writer.finish()).int(), Ok(number));
        }
    }

    #[test]
    fn a_declared_count_is_never_believed() {
        let mut writer = Writer::new();
        writer.uint(1 << 40);
        let bytes = writer.finish();
        assert_eq!(Reader::new(&bytes).bytes(10, "x"), Err(DecodeError::TooLarge("x")));
        assert_eq!(Reader::new(&[5, 1, 2]).bytes(10, "x"), Err(DecodeError::Truncated));
    }
}
