//! The scalar values an entry's field may hold.

use serde::{Serialize, Serializer};

use crate::codec::{DecodeError, Reader, Writer};
use crate::limits::STRING_BYTES;

/// One field's value. Never changes once written.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Value {
    /// Words, a date, a choice, an id in text.
    Text(String),
    /// A whole number; moments in milliseconds.
    Int(i64),
    /// Yes or no.
    Bool(bool),
    /// A digest or id.
    Bytes(Vec<u8>),
}

impl Value {
    /// The words, if it is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The number, if it is one.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        if let Self::Int(number) = self { Some(*number) } else { None }
    }

    /// Yes or no, if it is that.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(yes) = self { Some(*yes) } else { None }
    }

    /// The bytes, if it is bytes.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    /// The frozen form: a tag byte and the value.
    pub fn write(&self, writer: &mut Writer) {
        match self {
            Self::Text(text) => writer.byte(1).text(text),
            Self::Int(number) => writer.byte(2).int(*number),
            Self::Bool(false) => writer.byte(3),
            Self::Bool(true) => writer.byte(4),
            Self::Bytes(bytes) => writer.byte(5).bytes(bytes),
        };
    }

    /// Reads what [`Value::write`] wrote.
    ///
    /// # Errors
    /// [`DecodeError`] for anything else; never allocates past [`STRING_BYTES`].
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(match reader.byte()? {
            1 => Self::Text(reader.text(STRING_BYTES, "a text")?.to_owned()),
            2 => Self::Int(reader.int()?),
            3 => Self::Bool(false),
            4 => Self::Bool(true),
            5 => Self::Bytes(reader.bytes(STRING_BYTES, "a value")?.to_owned()),
            _ => return Err(DecodeError::Unknown("a value")),
        })
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Bool(yes)
    }
}

/// As JSON shows it; bytes as hexadecimal text.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Int(number) => serializer.serialize_i64(*number),
            Self::Bool(yes) => serializer.serialize_bool(*yes),
            Self::Bytes(bytes) => {
                let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                serializer.serialize_str(&hex)
            }
        }
    }
}
