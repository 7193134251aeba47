//! One field of an entry as a typed value, there and back; and the few spellings in JSON that the
//! types do not have by themselves.

use serde::{Deserialize, Deserializer};

use crate::ids::{AgencyId, CaseId, EntryId, RecordId, UserId};
use crate::record::value::Value;
use crate::time::{Date, Timestamp};

/// What one field may hold, typed.
pub(super) trait Scalar: Sized {
    /// As the record holds it.
    fn to_value(&self) -> Value;
    /// What a record's value says; nothing if it is of another type.
    fn of(value: &Value) -> Option<Self>;
}

/// A field that must be there, or may be.
pub(super) trait Field: Sized {
    /// Adds the field, unless it was left open.
    fn put(&self, code: u8, fields: &mut Vec<(u8, Value)>);
    /// Reads the field; nothing if it must be there and is not.
    fn get(value: Option<&Value>) -> Option<Self>;
}

impl<T: Scalar> Field for T {
    fn put(&self, code: u8, fields: &mut Vec<(u8, Value)>) {
        fields.push((code, self.to_value()));
    }

    fn get(value: Option<&Value>) -> Option<Self> {
        value.and_then(T::of)
    }
}

impl<T: Scalar> Field for Option<T> {
    fn put(&self, code: u8, fields: &mut Vec<(u8, Value)>) {
        fields.extend(self.as_ref().map(|value| (code, value.to_value())));
    }

    fn get(value: Option<&Value>) -> Option<Self> {
        Some(value.and_then(T::of))
    }
}

macro_rules! scalar {
    ($($type:ty: $to:expr, $of:expr;)*) => {
        $(impl Scalar for $type {
            fn to_value(&self) -> Value {
                let to: fn(&Self) -> Value = $to;
                to(self)
            }

            fn of(value: &Value) -> Option<Self> {
                let of: fn(&Value) -> Option<Self> = $of;
                of(value)
            }
        })*
    };
}

scalar! {
    String: |text| text.as_str().into(), |value| value.as_text().map(str::to_owned);
    bool: |yes| (*yes).into(), Value::as_bool;
    i64: |number| (*number).into(), Value::as_int;
    u32: |number| i64::from(*number).into(), |value| u32::try_from(value.as_int()?).ok();
    Timestamp: |at| at.0.into(), |value| value.as_int().map(Timestamp);
    Date: |day| day.to_string().into(), |value| value.as_text()?.parse().ok();
    EntryId: |id| id.to_string().into(), |value| value.as_text()?.parse().ok();
    [u8; 16]: |id| Value::Bytes(id.to_vec()), |value| value.as_bytes()?.try_into().ok();
    AgencyId: |id| Value::Bytes(id.as_bytes().to_vec()), |v| Self::from_slice(v.as_bytes()?).ok();
    CaseId: |id| Value::Bytes(id.as_bytes().to_vec()), |v| Self::from_slice(v.as_bytes()?).ok();
    RecordId: |id| Value::Bytes(id.as_bytes().to_vec()), |v| Self::from_slice(v.as_bytes()?).ok();
    UserId: |id| Value::Bytes(id.as_bytes().to_vec()), |v| Self::from_slice(v.as_bytes()?).ok();
}

/// An entry's name from JSON.
pub(super) fn entry_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<EntryId, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

/// An entry's name from JSON, or null.
pub(super) fn entry_id_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<EntryId>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse().map_err(serde::de::Error::custom)).transpose()
}

/// Entries' names from JSON, ascending, each once.
pub(super) fn entry_ids<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<EntryId>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let ids = texts.iter().map(|text| text.parse().map_err(serde::de::Error::custom));
    ids.collect()
}

/// The 16 bytes that records have in common, as hexadecimal text or null.
pub(super) mod group {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::ids::RecordId;

    pub(crate) fn serialize<S: Serializer>(
        group: &Option<[u8; 16]>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        group.map(RecordId::from_bytes).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<[u8; 16]>, D::Error> {
        Ok(Option::<RecordId>::deserialize(deserializer)?.map(|id| *id.as_bytes()))
    }
}
